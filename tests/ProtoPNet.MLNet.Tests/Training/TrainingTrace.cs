using System.Text.Json;
using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>A step of the golden training trace: the costs of its batch before it, and the network after it.</summary>
/// <param name="Stage">The active optimiser: <c>warm_only</c>, <c>joint</c> or <c>last_only</c>.</param>
/// <param name="FirstImage">The first image of the batch.</param>
internal sealed record TraceStep(
    [property: JsonPropertyName("stage")] string Stage,
    [property: JsonPropertyName("first_image")] int FirstImage,
    [property: JsonPropertyName("cross_entropy")] double CrossEntropy,
    [property: JsonPropertyName("cluster")] double Cluster,
    [property: JsonPropertyName("separation")] double Separation,
    [property: JsonPropertyName("prototype_mean")] double PrototypeMean,
    [property: JsonPropertyName("prototype_0")] double[] Prototype0,
    [property: JsonPropertyName("add_on_0_weight_mean")] double AddOnWeightMean,
    [property: JsonPropertyName("conv1_weight_mean")] double Conv1WeightMean,
    [property: JsonPropertyName("last_layer_mean")] double LastLayerMean,
    [property: JsonPropertyName("bn1_running_mean")] double[] Bn1RunningMean)
{
    [JsonIgnore]
    public double[] Costs => [CrossEntropy, Cluster, Separation];

    /// <summary>The first prototype's first channels, and the mean of all.</summary>
    [JsonIgnore]
    public double[] Prototypes => [PrototypeMean, .. Prototype0];

    /// <summary>For each layer in the trace, the mean of its weights; for convolutions, of their absolute values.</summary>
    [JsonIgnore]
    public double[] Means => [AddOnWeightMean, Conv1WeightMean, LastLayerMean];
}

/// <summary>
/// The eight steps of <c>training_trace.json</c> in double precision. In single precision, Adam's first joint step turns the rounding of near-zero
/// gradients into full steps, so that the numbers depend on the kernels that libtorch chooses for the processor.
/// </summary>
internal static class TrainingTrace
{
    /// <summary>The published code's trace in single precision, and ours in double (Golden/README.md).</summary>
    public const string Published = "training_trace.json", Pinned = "training_trace_double.json";

    private const int Images = 24, Batch = 8;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A trace from a JSON file in the folder <c>Golden</c>.</summary>
    public static TraceStep[] Read(string file) => Shared.Golden(file).GetProperty("steps").Deserialize<TraceStep[]>()!;

    /// <summary>The text of <see cref="Pinned"/>.</summary>
    public static string Json() => JsonSerializer.Serialize(new { steps = Run() }, Indented) + "\n";

    /// <summary>Trains as in the published file, stage by stage and batch by batch.</summary>
    public static TraceStep[] Run()
    {
        JsonElement golden = Shared.Golden(Published);
        using var scope = NewDisposeScope();
        using ProtoPNetNetwork network = GoldenGenerator.Network(golden);
        network.to(ScalarType.Float64);
        using var optimisers = new Optimisers(network);
        NetworkArchitecture architecture = network.Architecture;
        using var loss = new ProtoPNetLoss(
            new LossWeights(), architecture.PrototypeClasses, architecture.Classes, architecture.PrototypeDepth, CPU);
        Tensor images = GoldenGenerator.ExactImages(62000, Images, architecture.ImageSize);
        Tensor labels = arange(Images, ScalarType.Int64).remainder(architecture.Classes);
        return [.. golden.GetProperty("steps").EnumerateArray()
            .Select(step => Step(step.GetProperty("stage").GetString()!, step.GetProperty("first_image").GetInt32()))];

        TraceStep Step(string stage, int first)
        {
            foreach (var p in network.Features.parameters()) p.requires_grad = stage == "joint";
            foreach (var p in network.AddOnLayers.parameters().Append(network.PrototypeVectors)) p.requires_grad = stage != "last_only";
            network.Train(follow: true);
            var batch = new TrainingBatch(images.narrow(0, first, Batch), labels.narrow(0, first, Batch), Enumerable.Range(first, Batch).ToArray());
            Adam adam = stage switch
            {
                "joint" => optimisers.For(new Joint(1), new Joint(1).Rates(1)),
                "warm_only" => optimisers.For(new WarmUp(1), new WarmUp(1).Rates(1)),
                _ => optimisers.For(new SteppedLastLayer(1), new SteppedLastLayer(1).Rates(1)),
            };
            double[] parts = Numbers(TestTraining.Step(network, batch, loss, adam) / Batch);
            return new(
                stage, first, parts[1], parts[2], parts[3],
                Number(network.PrototypeVectors.mean()), Numbers(network.PrototypeVectors[0])[..8],
                Number(network.get_parameter("add_on_layers.0.weight")!.abs().mean()),
                Number(network.get_parameter("features.conv1.weight")!.abs().mean()),
                Number(network.LastLayer.mean()), Numbers(network.get_buffer("features.bn1.running_mean")!)[..4]);
        }
    }

    private static double[] Numbers(Tensor tensor) => [.. tensor.detach().reshape(-1).data<double>()];

    private static double Number(Tensor tensor) => tensor.item<double>();
}
