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
    private const double Epsilon = 0.3;

    /// <summary>The similarities of a network have the published ε, whatever the loss sees; a last layer is for those of the network.</summary>
    [Theory]
    [InlineData(false, Epsilon)]
    [InlineData(true, PrototypeLayer.Epsilon)]
    public void The_loss_sees_similarities_of_its_own_epsilon_unless_the_last_layer_learns(bool lastLayer, double seen)
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small with { LatentSpace = LatentSpace.Sphere }, new DeterministicRandom(3));
        using ProtoPNetLoss loss = new(new(Epsilon: Epsilon), Small.PrototypeClasses, Small.Classes, Small.PrototypeDepth, CPU);
        network.eval();
        Tensor inputs = GoldenGenerator.NormalisedImages(60000, 3, Side), labels = tensor(new long[] { 0, 1, 0 });
        var lesson = new Lesson(lastLayer ? new SteppedLastLayer() : new WarmUp(1), null!, loss) { HeldOut = null! };

        LossTensors found = lesson.Learn(network, network.Latent(inputs), new(inputs, labels, new[] { 0, 1, 2 }));

        using IDisposable mode = no_grad();
        Tensor nearest = network.Nearest(network.Latent(inputs));
        Tensor logits = network.Logits(PrototypeLayer.Similarity(nearest, SimilarityFunction.Log, seen));
        Assert.Equal(nn.functional.cross_entropy(logits, labels).item<float>(), found.CrossEntropy.item<float>(), 1e-5);
        Tensor expected = (nearest.Plus(1) / nearest.Plus(1e-4)).log();
        Assert.True(network.Similarity(nearest).allclose(expected), "The network's own similarities are the published ones.");
    }
}
