using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class LessonTests
{
    [Fact]
    public void The_loss_sees_the_similarities_of_the_network()
    {
        const double Epsilon = 0.3;
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small with { LatentSpace = LatentSpace.Sphere, Epsilon = Epsilon }, new DeterministicRandom(3));
        using ProtoPNetLoss loss = new(new(), Small.PrototypeClasses, Small.Classes, Small.PrototypeDepth, CPU);
        network.eval();
        Tensor inputs = GoldenGenerator.NormalisedImages(60000, 3, Side), labels = tensor(new long[] { 0, 1, 0 });
        var lesson = new Lesson(new WarmUp(1), null!, loss) { HeldOut = null! };

        LossTensors found = lesson.Learn(network, network.Features.Run(inputs, 0, network.Features.StageCount), new(inputs, labels, new[] { 0, 1, 2 }), seed: 0);

        using IDisposable mode = no_grad();
        Tensor nearest = network.Nearest(network.Latent(inputs));
        Tensor logits = network.Logits((nearest.Plus(1) / nearest.Plus(Epsilon)).log());
        Assert.Equal(nn.functional.cross_entropy(logits, labels).item<float>(), found.CrossEntropy.item<float>(), 1e-5);
    }

    /// <summary>
    /// The head's cross entropy is of the mean over all H·W cells, so each of them gets the same share of its gradient; images count by their weights.
    /// </summary>
    [Fact]
    public void The_pooled_cost_teaches_every_cell_of_the_map()
    {
        const double Coefficient = 0.7, Smoothing = 0.2;
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small with { LatentSpace = LatentSpace.Sphere }, new DeterministicRandom(3));
        network.eval();
        var random = new DeterministicRandom(9);
        int channels = network.Features.OutputChannels;
        Tensor weights = tensor([.. Enumerable.Range(0, Small.Classes * channels).Select(_ => (float)random.Normal())]).reshape(Small.Classes, channels);
        Tensor inputs = GoldenGenerator.NormalisedImages(60000, 3, Side), labels = tensor(new long[] { 0, 1, 0 }), seen;
        using (no_grad()) seen = network.Features.Run(inputs, 0, network.Features.StageCount);
        float[] imageWeights = [0.5f, 2, 0.5f];
        Tensor GradientWith(double coefficient)
        {
            using ProtoPNetLoss loss = new(
                new(LabelSmoothing: Smoothing, Pooled: coefficient), Small.PrototypeClasses, Small.Classes, Small.PrototypeDepth, CPU)
            {
                ImageWeights = imageWeights,
            };
            using PooledHead head = new(weights.clone(), zeros(Small.Classes));
            var lesson = new Lesson(new Joint(1), null!, loss) { HeldOut = null!, Pooled = loss.HasPooled ? head : null };
            Tensor features = seen.clone().requires_grad_();
            lesson.Learn(network, features, new(inputs, labels, new[] { 0, 1, 2 }), seed: 0);
            return features.grad!;
        }

        Tensor found = GradientWith(Coefficient) - GradientWith(0);

        Tensor logits = seen.mean([2, 3]).matmul(weights.t());
        Tensor wanted = zeros_like(logits).Plus(Smoothing / Small.Classes);
        for (int i = 0; i < 3; i++) wanted[i, (int)labels[i].item<long>()] = wanted[i, (int)labels[i].item<long>()].Plus(1 - Smoothing);
        double cells = seen.shape[2] * seen.shape[3];
        Assert.True(cells > 1);
        Tensor ofMean = ((logits.softmax(1) - wanted) * tensor(imageWeights).unsqueeze(1)).matmul(weights).Times(Coefficient / 3 / cells); // N × C
        Assert.True(ofMean.abs().min().item<float>() > 0);
        Assert.Equal(0, (found - ofMean.unsqueeze(-1).unsqueeze(-1)).abs().max().item<float>(), 1e-6);
    }

    [Fact]
    public void The_pooled_cost_changes_what_the_backbone_learns_in_joint_phases_and_nothing_in_a_warm_up()
    {
        using TrainingImages images = Pictures();
        string Learned(GradientPhase phase, double pooled) => Train(
            images, TrainingSchedule.Default with { Phases = [phase, new Projection()], Loss = TrainingSchedule.Default.Loss with { Pooled = pooled } }, null)!.Weights;

        Joint joint = new(2) { BatchSize = 4 };
        Assert.NotEqual(Learned(joint, 0), Learned(joint, 0.5));
        WarmUp warmUp = new(2) { BatchSize = 4 };
        Assert.Equal(Learned(warmUp, 0), Learned(warmUp, 0.5));
    }

    [Fact]
    public void A_head_of_the_pooled_cost_learns_without_the_network()
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using PooledHead head = new(network);
        head.Adam.With((0.05, 0));
        Tensor features = network.Features.Run(GoldenGenerator.NormalisedImages(60000, 3, Side), 0, network.Features.StageCount).detach();
        Tensor labels = tensor(new long[] { 0, 1, 0 });
        double Cost() => nn.functional.cross_entropy(features.mean([2, 3]).matmul(head.Weights.t()).Plus(head.Biases), labels).item<float>();
        Assert.Equal(Math.Log(Small.Classes), Cost(), 1e-6);
        for (int step = 0; step < 30; step++) head.Learn(features, logits => nn.functional.cross_entropy(logits, labels));
        Assert.InRange(Cost(), 0, 0.5 * Math.Log(Small.Classes));
        Assert.All(network.parameters(), one => Assert.Null(one.grad));
    }
}
