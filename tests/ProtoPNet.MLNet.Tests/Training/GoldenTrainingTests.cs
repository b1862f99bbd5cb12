using System.Text.Json;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>The published implementation's losses, steps and projection, number by number.</summary>
public sealed class GoldenTrainingTests
{
    private const int Images = 24, Batch = 8;
    private static readonly NetworkArchitecture Small = new()
    {
        Backbone = Backbone.ResNet18,
        PrototypeDepth = 32,
        ImageSize = 64,
        Classes = 4,
        PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(4, 3),
    };

    [Fact]
    public void Losses_are_those_of_the_published_code()
    {
        JsonElement golden = Shared.Golden("losses.json");
        using var scope = NewDisposeScope();
        Tensor distances = tensor(Floats(golden, "min_distances")).reshape(6, 12),
            weights = tensor(Floats(golden, "last_layer_weight")).reshape(4, 12);
        Tensor labels = tensor(golden.GetProperty("labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
        using var loss = new ProtoPNetLoss(new LossWeights(), Small.PrototypeClasses, 4, 32, CPU);
        Tensor logits = ((distances + 1) / (distances + 1e-4)).log().matmul(weights.t());
        LossTensors l = loss.Of(new(logits, distances), labels, weights);
        Assert.Equal(golden.GetProperty("cross_entropy").GetDouble(), l.CrossEntropy.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("cluster").GetDouble(), l.Cluster.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("separation").GetDouble(), l.Separation.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("average_separation").GetDouble(), l.AverageSeparation.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("l1_off_class").GetDouble(), l.L1.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("joint_loss").GetDouble(), l.Total.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("accuracy").GetDouble() / 100 * 6, l.Correct.item<float>(), 1e-4);
    }

    [Fact]
    public void Steps_in_double_precision_are_the_same_on_every_processor()
    {
        TraceStep[] pinned = TrainingTrace.Read(TrainingTrace.Pinned), steps = TrainingTrace.Run();
        Assert.Equal((8, 8), (pinned.Length, steps.Length));
        Assert.All(pinned.Zip(steps), pair => AssertNear(pair.First, pair.Second, 1e-9));
    }

    /// <summary>
    /// The published trace is in single precision. Until the first joint step the difference is rounding; Adam's first joint step then moves each
    /// weight by the sign of its gradient, even if the gradient is pure rounding, and the costs diverge within the tolerances.
    /// </summary>
    [Fact]
    public void Warm_joint_and_last_layer_steps_are_those_of_the_published_code()
    {
        (double Costs, double Prototypes, double Means, double Statistics)[] noise =
        [
            (3e-6, 2e-7, 3e-8, 1e-7), (3e-6, 2e-7, 3e-8, 1e-7), (3e-6, 2e-7, 3e-8, 1e-7), // warm-up
            (3e-6, 2e-7, 1e-7, 1e-7), (5e-4, 1e-5, 5e-7, 1e-7), (3e-3, 1e-5, 3e-6, 3e-5), // joint
            (7e-3, 1e-5, 3e-6, 6e-5), (7e-3, 1e-5, 3e-6, 1e-4), // last layer
        ];
        TraceStep[] published = TrainingTrace.Read(TrainingTrace.Published), steps = TrainingTrace.Run();
        Assert.Equal((8, 8), (published.Length, steps.Length));
        for (int i = 0; i < steps.Length; i++)
        {
            (TraceStep expected, TraceStep actual) = (published[i], steps[i]);
            Assert.Equal(expected.Stage, actual.Stage);
            AssertNear($"costs of step {i + 1}", expected.Costs, actual.Costs, noise[i].Costs);
            AssertNear($"prototypes after step {i + 1}", expected.Prototypes, actual.Prototypes, noise[i].Prototypes);
            AssertNear($"weights after step {i + 1}", expected.Means, actual.Means, noise[i].Means);
            AssertNear($"batch-norm statistics after step {i + 1}", expected.Bn1RunningMean, actual.Bn1RunningMean, noise[i].Statistics);
        }
    }

    [Fact]
    public void Projection_finds_the_patches_of_the_published_code()
    {
        JsonElement golden = Shared.Golden("projection.json");
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using ProtoPNetNetwork network = GoldenGenerator.Network(golden);
        network.eval();
        Tensor images = GoldenGenerator.NormalisedImages(62000, Images, 64), labels = arange(Images, ScalarType.Int64).remainder(4);
        IEnumerable<TrainingBatch> batches = Enumerable.Range(0, 3).Select(b => new TrainingBatch(
            network.Features.call(images.narrow(0, b * Batch, Batch)), labels.narrow(0, b * Batch, Batch), Enumerable.Range(b * Batch, Batch).ToArray()));
        IReadOnlyList<PlacedPrototype> places = Projector.Run(network, batches, distinct: false, ForbiddenPlaces.None);

        Assert.All(Floats(golden, "projected_prototypes").Zip(network.PrototypeVectors.reshape(-1).data<float>().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        ReceptiveField field = ReceptiveField.Of(Small);
        int p = 0;
        foreach ((JsonElement wide, JsonElement high) in golden.GetProperty("receptive_field_boxes").EnumerateArray()
            .Zip(golden.GetProperty("high_activation_boxes").EnumerateArray()))
        {
            PlacedPrototype place = places[p++];
            Assert.Equal(Box(wide), (place.Image, field.Box(place.CellRow, place.CellColumn)));
            Assert.Equal(Box(high), (place.Image, SimilarityMap.HighActivationBox(place.Similarities, 64)));
        }
        NetworkOutput after = network.Forward(images);
        Assert.All(
            Floats(golden, "min_distances_after").Zip(after.MinDistances.reshape(-1).data<float>().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        // If a distance is 0 up to rounding, the logarithm magnifies the rounding ten-thousandfold; those images' logits are not compared.
        HashSet<int> sources = [.. places.Select(place => place.Image)];
        float[] logits = after.Logits.reshape(-1).data<float>().ToArray();
        Assert.All(
            Floats(golden, "logits_after").Zip(logits).Where((_, i) => !sources.Contains(i / 4)),
            pair => Assert.Equal(pair.First, pair.Second, 5e-4f));

        static (int, PixelBox) Box(JsonElement row)
        {
            int[] v = [.. row.EnumerateArray().Select(x => x.GetInt32())];
            return (v[0], new PixelBox(v[1], v[2], v[3], v[4]));
        }
    }

    private static void AssertNear(TraceStep expected, TraceStep actual, double tolerance)
    {
        Assert.Equal((expected.Stage, expected.FirstImage), (actual.Stage, actual.FirstImage));
        AssertNear("costs", expected.Costs, actual.Costs, tolerance);
        AssertNear("prototypes", expected.Prototypes, actual.Prototypes, tolerance);
        AssertNear("weights", expected.Means, actual.Means, tolerance);
        AssertNear("batch-norm statistics", expected.Bn1RunningMean, actual.Bn1RunningMean, tolerance);
    }

    private static void AssertNear(string what, double[] expected, double[] actual, double tolerance)
        => Assert.True(
            expected.Length == actual.Length && expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= tolerance),
            $"The {what} are [{string.Join(", ", actual)}], not [{string.Join(", ", expected)}] ± {tolerance}.");

    private static float[] Floats(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];
}
