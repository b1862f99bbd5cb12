using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class ConcentrationCostTests
{
    private static readonly int[] Unequal = [0, 2, 1, 0, 2, 2];

    [Theory]
    [InlineData(LatentSpace.Cube, 1, false)]
    [InlineData(LatentSpace.Sphere, 1, true)]
    [InlineData(LatentSpace.Sphere, 2, true)]
    [InlineData(LatentSpace.Cube, 2, true)]
    public void It_is_the_mean_similarity_of_all_patches_to_the_prototypes_of_the_class(LatentSpace space, int side, bool masked)
    {
        using var scope = NewDisposeScope();
        NetworkArchitecture architecture = Small with
        {
            LatentSpace = space,
            PrototypeHeight = side,
            PrototypeWidth = side,
            PrototypeClasses = Unequal,
            ObjectMask = masked,
        };
        using ProtoPNetNetwork network = new(architecture, new DeterministicRandom(3));
        network.eval();
        LatentMap latent = network.Latent(GoldenGenerator.NormalisedImages(60000, 3, Side));
        long[] labels = [2, 0, 1];
        using var cost = new ConcentrationCost(architecture, CPU);
        float[] found = cost.Of(latent, network.PrototypeVectors, tensor(labels)).Floats();

        float[] means = network.Similarity(network.Distances(latent)).mean([2, 3]).Floats(); // N × P
        for (int n = 0; n < labels.Length; n++)
            Assert.Equal(
                Enumerable.Range(0, Unequal.Length).Where(j => Unequal[j] == labels[n]).Average(j => means[n * Unequal.Length + j]), found[n], 1e-4);
    }

    [Fact]
    public void It_is_of_similarities_with_the_epsilon_of_the_network()
    {
        const double Epsilon = 0.3;
        using var scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(Small with { Epsilon = Epsilon }, new DeterministicRandom(3));
        network.eval();
        LatentMap latent = network.Latent(GoldenGenerator.NormalisedImages(60000, 1, Side));
        using var cost = new ConcentrationCost(network.Architecture, CPU);
        Tensor own = tensor(Small.PrototypeClasses.Select(k => k == 1).ToArray()), distances = network.Distances(latent);
        Tensor similarities = (distances.Plus(1) / distances.Plus(Epsilon)).log(); // 1 × P × H' × W'
        Assert.Equal(
            similarities.mean([2, 3]).squeeze(0).masked_select(own).mean().item<float>(),
            cost.Of(latent, network.PrototypeVectors, tensor(new long[] { 1 })).item<float>(), 1e-5);
    }

    [Fact]
    public void With_a_coefficient_the_loss_grows_by_its_share_and_prototypes_concentrate()
    {
        double[] After(double coefficient)
        {
            using TrainingImages images = Pictures(heldOut: 0);
            using ProtoPNetNetwork network = new(Small with { LatentSpace = LatentSpace.Sphere }, new DeterministicRandom(3));
            using TestTraining session = new(network, images, new()
            {
                Phases = [new WarmUp(8) { Views = 2, BatchSize = 8 }, new Projection()],
                Loss = new(Concentration: coefficient),
            });
            session.Loop.Run(_ => { });
            EpochMetrics last = session.State.Ended[0].Epochs[^1];
            Assert.Equal(
                last.CrossEntropy + 0.8 * last.Cluster - 0.08 * last.Separation + 1e-4 * last.L1 + coefficient * last.Concentration, last.Loss, 1e-4);
            return [last.Concentration, MeanOverPeak(network, session, images)];
        }
        double[] without = After(0), with = After(5);
        Assert.Equal(0, without[0]);
        Assert.True(with[1] < 0.95 * without[1], $"{without[1]} without, {with[1]} with the cost");
    }

    /// <summary>The mean similarity of the patches of an image to the prototypes of its class, relative to the best patch.</summary>
    private static double MeanOverPeak(ProtoPNetNetwork network, TestTraining session, TrainingImages images)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        double sum = 0, peaks = 0;
        foreach (TrainingBatch batch in session.Views.Whole(images.Training).InOrder(0, TestContext.Current.CancellationToken))
        {
            Tensor similarities = network.Similarity(network.Distances(network.Latent(batch.Inputs)));
            Tensor own = tensor(Small.PrototypeClasses.Select(k => (long)k).ToArray()).unsqueeze(0).eq(batch.Labels.unsqueeze(1));
            sum += similarities.mean([2, 3])[own].sum().item<float>();
            peaks += similarities.amax([2, 3])[own].sum().item<float>();
        }
        return sum / peaks;
    }
}
