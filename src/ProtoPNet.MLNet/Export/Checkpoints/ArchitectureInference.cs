using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>Infers a network's architecture from the names and shapes of a checkpoint's tensors.</summary>
internal sealed partial class ArchitectureInference(TensorFile file)
{
    /// <summary>The architecture, without the classes of the prototypes; its backbone is the one described, or told from names.</summary>
    /// <exception cref="WeightsFormatException">The tensors are not those of a ProtoPNet.</exception>
    public NetworkArchitecture Infer(Backbone? described, int imageSize, SimilarityFunction similarity)
    {
        long[] prototypes = Shape("prototype_vectors", 4), last = Shape("last_layer.weight", 2);
        if (last[1] != prototypes[0]) throw Wrong($"its last layer is for {last[1]} prototypes, but there are {prototypes[0]}");
        (Backbone backbone, int? stages) = described is null ? InferBackbone() : (described, null);
        int additional = file.Tensors.Count(t => AddOnWeight().IsMatch(t.Name));
        return new()
        {
            Backbone = backbone,
            Stages = stages,
            // With one pair of convolutions the two kinds are identical.
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
        HashSet<string> convolutions = [.. file.Tensors.Where(t => t.Shape.Length == 4 && BackboneWeight().IsMatch(t.Name)).Select(t => t.Name)];
        bool norms = file.Tensors.Any(t => t.Name.EndsWith(".running_mean", StringComparison.Ordinal));
        (Backbone Backbone, int? Stages)? sameNames = null;
        foreach (Backbone backbone in Backbone.Published)
        {
            BackboneGraph whole = backbone.Graph;
            for (int stages = whole.Stages.Count; stages >= 1; stages--)
            {
                GraphNode[] nodes = [.. whole.Nodes.Take(whole.EndOf(stages))], own = [.. nodes.Where(n => n.Operation is Convolution)];
                if (nodes.Any(n => n.Operation is BatchNorm) != norms || !convolutions.SetEquals(own.Select(Weight))) continue;
                (Backbone, int?) found = (backbone, stages == whole.Stages.Count ? null : stages);
                // Truncated DenseNets have the same names but different stem widths. A width that none has is refused later, with both shapes.
                if (Shape(Weight(own[0]), 4)[0] == ((Convolution)own[0].Operation).Outputs) return found;
                sameNames ??= found;
            }
        }
        return sameNames ?? throw Wrong("its backbone is not a VGG, ResNet or DenseNet under the reference's names ('features.…')");

        static string Weight(GraphNode convolution) => $"features.{convolution.Name}.weight";
    }

    private long[] Shape(string name, int rank)
        => !file.Contains(name) ? throw Wrong($"it has no tensor '{name}'")
            : file.Info(name).Shape is var shape && shape.Length == rank && shape.All(d => d is > 0 and <= int.MaxValue) ? shape
            : throw Wrong($"its tensor {file.Info(name)} does not have {rank} dimensions of sensible sizes");

    private WeightsFormatException Wrong(string reason)
        => new(file.Path,
            $"it is not a checkpoint of a ProtoPNet: {reason}. Its tensors: {string.Join(", ", file.Tensors.Take(4).Select(t => t.Name))}….");

    [GeneratedRegex(@"^add_on_layers\.\d{1,3}\.weight$")]
    private static partial Regex AddOnWeight();

    [GeneratedRegex(@"^features\..*\.weight$")]
    private static partial Regex BackboneWeight();
}
