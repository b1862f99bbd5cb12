using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Import;

/// <summary>An ONNX file as a backbone that brings its weights: its graph is read at once, the weights when a network is filled.</summary>
internal static class OnnxFileBackbone
{
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Weights.WeightsFormatException">It is damaged or not ONNX.</exception>
    /// <exception cref="Network.Backbones.BackboneGraphException">It cannot be a backbone; the message says why, and what would help.</exception>
    public static Backbone Of(string path, OnnxBackboneOptions options)
    {
        string file = Path.GetFullPath(path);
        using ImportedBackbone read = OnnxBackbones.Read(file, options);
        return Backbone.Read(read.Graph, network =>
        {
            using ImportedBackbone again = OnnxBackbones.Read(file, options);
            again.Fill(network);
        });
    }
}
