using ProtoPNet.MLNet.Network.Layers;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A node prepared for execution.</summary>
/// <param name="Node">The node.</param>
/// <param name="Layer">The module that holds its tensors; null if it has none.</param>
/// <param name="Dies">The tensors that are not read afterwards.</param>
/// <param name="MayOverwrite">Whether it may overwrite its first input, because nothing else reads it, including gradients.</param>
internal sealed record Step(GraphNode Node, nn.Module? Layer, string[] Dies, bool MayOverwrite)
{
    public static Step Of(GraphNode node, int place, IReadOnlyDictionary<string, GraphNode> makers, ILookup<string, int> uses)
    {
        string[] dies = [.. node.Inputs.Distinct().Where(i => uses[i].Max() == place)];
        bool overwrites = node.Inputs is [{ } first, ..] && uses[first].Count() == 1
            && makers.TryGetValue(first, out GraphNode? maker) && maker.Operation is Convolution or BatchNorm
                or Arithmetic { Calculation: Calculation.Add or Calculation.Subtract };
        return new(node, LayerOf(node.Operation), dies, overwrites);
    }

    private static nn.Module? LayerOf(Operation operation) => operation switch
    {
        Convolution c => new ConvolutionLayer(c.Inputs, c.Outputs, c.Rows, c.Columns, c.Groups, c.Bias),
        BatchNorm b => new BatchNormLayer(b.Channels, b.Epsilon),
        Weight w => new WeightLayer(w.Size),
        _ => null,
    };
}
