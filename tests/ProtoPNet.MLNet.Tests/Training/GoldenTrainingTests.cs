using System.Text.Json;
using ProtoPNet.MLNet.Images;
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
        LossTensors l = loss.Of(logits, distances, labels, weights);
        Assert.Equal(golden.GetProperty("cross_entropy").GetDouble(), l.CrossEntropy.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("cluster").GetDouble(), l.Cluster.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("separation").GetDouble(), l.Separation.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("average_separation").GetDouble(), l.AverageSeparation.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("l1_off_class").GetDouble(), l.L1.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("joint_loss").GetDouble(), l.Total.item<float>(), 1e-4);
        Assert.Equal(golden.GetProperty("accuracy").GetDouble() / 100 * 6, l.Correct.item<float>(), 1e-4);
    }

    [Fact]
    public void Warm_joint_and_last_layer_steps_are_those_of_the_published_code()
    {
        JsonElement golden = Shared.Golden("training_trace.json");
        using var scope = NewDisposeScope();
        using ProtoPNetNetwork network = GoldenGenerator.Network(golden);
        using var optimisers = new Optimisers(network);
        using var loss = new ProtoPNetLoss(new LossWeights(), Small.PrototypeClasses, 4, 32, CPU);
        Tensor images = GoldenGenerator.NormalisedImages(62000, Images, 64), labels = arange(Images, ScalarType.Int64).remainder(4);
        WarmUp warmUp = new(1);
        Joint joint = new(1);
        SteppedLastLayer last = new(1);
        int count = 0;
        foreach (JsonElement step in golden.GetProperty("steps").EnumerateArray())
        {
            string stage = step.GetProperty("stage").GetString()!;
            bool backbone = stage == "joint", rest = stage != "last_only";
            foreach (var p in network.Features.parameters()) p.requires_grad = backbone;
            foreach (var p in network.AddOnLayers.parameters().Append(network.PrototypeVectors)) p.requires_grad = rest;
            network.Train(follow: true);
            int first = step.GetProperty("first_image").GetInt32();
            var batch = new TrainingBatch(images.narrow(0, first, Batch), labels.narrow(0, first, Batch), Enumerable.Range(first, Batch).ToArray());
            var adam = stage switch
            {
                "joint" => optimisers.For(joint, joint.Rates(1)),
                "warm_only" => optimisers.For(warmUp, warmUp.Rates(1)),
                _ => optimisers.For(last),
            };
            float[] parts = [.. (GradientTrainer.Step(network, batch, 0, 0, network.NearestOf, loss, adam) / Batch).data<float>()];

            // Adam's first joint step moves each weight by the sign of its gradient, that of pure rounding included: exact before, close after.
            double tolerance = count < 4 ? 1e-5 : 5e-3;
            Assert.Equal(step.GetProperty("cross_entropy").GetDouble(), parts[1], tolerance);
            Assert.Equal(step.GetProperty("cluster").GetDouble(), parts[2], tolerance);
            Assert.Equal(step.GetProperty("separation").GetDouble(), parts[3], tolerance);
            Assert.Equal(step.GetProperty("prototype_mean").GetDouble(), network.PrototypeVectors.mean().item<float>(), 1e-5);
            Assert.Equal(step.GetProperty("last_layer_mean").GetDouble(), network.LastLayer.mean().item<float>(), 1e-6);
            Assert.Equal(
                step.GetProperty("add_on_0_weight_mean").GetDouble(),
                network.get_parameter("add_on_layers.0.weight")!.abs().mean().item<float>(), 1e-5);
            Assert.Equal(
                step.GetProperty("conv1_weight_mean").GetDouble(),
                network.get_parameter("features.conv1.weight")!.abs().mean().item<float>(), 1e-5);
            float[] prototype = [.. network.PrototypeVectors[0].reshape(-1).data<float>().ToArray().Take(8)];
            Assert.All(Floats(step, "prototype_0").Zip(prototype), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
            float[] running = [.. network.get_buffer("features.bn1.running_mean")!.data<float>().ToArray().Take(4)];
            Assert.All(Floats(step, "bn1_running_mean").Zip(running), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
            count++;
        }
        Assert.Equal(8, count);
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
            images.narrow(0, b * Batch, Batch), labels.narrow(0, b * Batch, Batch), Enumerable.Range(b * Batch, Batch).ToArray()));
        IReadOnlyList<ProjectedPrototype> places = Projector.Run(network, network.Features.call, batches, distinct: false);

        Assert.All(Floats(golden, "projected_prototypes").Zip(network.PrototypeVectors.reshape(-1).data<float>().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        ReceptiveField field = ReceptiveField.Of(Small);
        int p = 0;
        foreach ((JsonElement wide, JsonElement high) in golden.GetProperty("receptive_field_boxes").EnumerateArray()
            .Zip(golden.GetProperty("high_activation_boxes").EnumerateArray()))
        {
            ProjectedPrototype place = places[p++];
            Assert.Equal(Box(wide), (place.Image, field.Box(place.CellRow, place.CellColumn)));
            Assert.Equal(Box(high), (place.Image, SimilarityMap.HighActivationBox(place.Similarities, 64)));
        }
        NetworkOutput after = network.Forward(images);
        Assert.All(
            Floats(golden, "min_distances_after").Zip(after.MinDistances.reshape(-1).data<float>().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        // Where a distance is 0 but for rounding, the logarithm magnifies the rounding ten-thousandfold: those images' logits say nothing.
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

    private static float[] Floats(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];
}
