using System.Globalization;
using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>Tells from the names and shapes of a checkpoint's tensors which network they are of.</summary>
internal sealed partial class ArchitectureInference(TensorFile file)
{
    /// <summary>The architecture, without the classes of the prototypes.</summary>
    /// <exception cref="WeightsFormatException">The tensors are not those of a ProtoPNet.</exception>
    public NetworkArchitecture Infer(int imageSize, SimilarityFunction similarity)
    {
        long[] prototypes = Shape("prototype_vectors", 4), last = Shape("last_layer.weight", 2);
        if (last[1] != prototypes[0]) throw Wrong($"its last layer is for {last[1]} prototypes, but there are {prototypes[0]}");
        (Backbone backbone, int? stages) = InferBackbone();
        int additional = file.Tensors.Count(t => AddOnWeight().IsMatch(t.Name));
        return new()
        {
            Backbone = backbone,
            Stages = stages,
            // With one pair of convolutions the two kinds are the same.
            AddOnLayers = additional > 2 ? AddOnLayers.Bottleneck : AddOnLayers.Regular,
            PrototypeDepth = checked((int)prototypes[1]),
            PrototypeHeight = checked((int)prototypes[2]),
            PrototypeWidth = checked((int)prototypes[3]),
            Similarity = similarity,
            ImageSize = imageSize,
            Classes = checked((int)last[0]),
            PrototypeClasses = new int[checked((int)prototypes[0])],
        };
    }

    private (Backbone Backbone, int? Stages) InferBackbone()
    {
        foreach (Backbone backbone in Enum.GetValues<Backbone>())
        {
            BackbonePlan plan = BackbonePlans.Of(backbone);
            for (int stages = plan.Stages; stages >= 1; stages--)
                if (Matches(plan, stages)) return (backbone, stages == plan.Stages ? null : stages);
        }
        throw Wrong("its backbone is none of VGG, ResNet and DenseNet under the reference's names ('features.…')");
    }

    private bool Matches(BackbonePlan plan, int stages) => plan switch
    {
        VggPlan vgg => VggLayers(vgg, stages).SequenceEqual(Numbers(VggConvolution(), 4))
            && vgg.BatchNorm == file.Tensors.Any(t => t.Name.EndsWith(".running_mean", StringComparison.Ordinal)),
        ResNetPlan resNet => BlockCounts(ResNetBlock()).SequenceEqual(resNet.Blocks.Take(stages))
            && resNet.Bottleneck == file.Contains("features.layer1.0.conv3.weight"),
        DenseNetPlan denseNet => BlockCounts(DenseNetLayer()).SequenceEqual(denseNet.Blocks.Take(stages))
            && file.Contains("features.features.conv0.weight") && Shape("features.features.conv0.weight", 4)[0] == denseNet.StemChannels,
        _ => false,
    };

    /// <summary>The numbers of a VGG's convolutions among its layers.</summary>
    private static IEnumerable<int> VggLayers(VggPlan plan, int stages)
    {
        int layer = 0;
        foreach (int convolutions in plan.Convolutions.Take(stages))
        {
            for (int i = 0; i < convolutions; i++, layer += plan.BatchNorm ? 3 : 2) yield return layer;
            layer++; // the pool
        }
    }

    private IEnumerable<int> Numbers(Regex pattern, int rank)
        => file.Tensors.Where(t => t.Shape.Length == rank)
            .Select(t => pattern.Match(t.Name)).Where(m => m.Success).Select(m => Number(m.Groups[1])).Order();

    /// <summary>How many blocks each stage has.</summary>
    private IEnumerable<int> BlockCounts(Regex pattern)
        => file.Tensors.Select(t => pattern.Match(t.Name)).Where(m => m.Success)
            .GroupBy(m => Number(m.Groups[1]), m => Number(m.Groups[2])).OrderBy(stage => stage.Key).Select(stage => stage.Distinct().Count());

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private long[] Shape(string name, int rank)
        => !file.Contains(name) ? throw Wrong($"it has no tensor '{name}'")
            : file.Info(name).Shape is var shape && shape.Length == rank && shape.All(d => d is > 0 and <= int.MaxValue) ? shape
            : throw Wrong($"its tensor {file.Info(name)} does not have {rank} dimensions of sensible sizes");

    private WeightsFormatException Wrong(string reason)
        => new(file.Path,
            $"it is no checkpoint of a ProtoPNet: {reason}. Its tensors: {string.Join(", ", file.Tensors.Take(4).Select(t => t.Name))}….");

    [GeneratedRegex(@"^add_on_layers\.\d{1,3}\.weight$")]
    private static partial Regex AddOnWeight();

    [GeneratedRegex(@"^features\.features\.(\d{1,3})\.weight$")]
    private static partial Regex VggConvolution();

    [GeneratedRegex(@"^features\.layer(\d)\.(\d{1,3})\.conv1\.weight$")]
    private static partial Regex ResNetBlock();

    [GeneratedRegex(@"^features\.features\.denseblock(\d)\.denselayer(\d{1,3})\.conv1\.weight$")]
    private static partial Regex DenseNetLayer();
}
