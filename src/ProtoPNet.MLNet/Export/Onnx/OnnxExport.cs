using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Onnx;

/// <summary>A trained network as an ONNX model (opset 17), for engines without libtorch.</summary>
/// <remarks>
/// Input: <c>image</c> (N × 3 × S × S, RGB in [0, 1], normalised with the mean and standard deviation in the metadata). Outputs:
/// <c>probabilities</c> and <c>logits</c> (N × K), <c>similarities</c> (N × P), <c>similarity_maps</c> (N × P × H × W), and <c>familiarity</c> (N)
/// if the model knows it.
/// </remarks>
internal static class OnnxExport
{
    /// <summary>Writes <paramref name="path"/> and, if the weights exceed 2 GB, <c>NAME.data</c> next to it.</summary>
    public static void Write(TrainedProtoPNet model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        NetworkArchitecture architecture = model.Architecture;
        OnnxGraph graph = OnnxNetwork.Write(model.Network, model.Familiar);
        ReceptiveField field = ReceptiveField.Of(architecture);
        OnnxFile.Write(
            path,
            graph,
            new(OnnxNetwork.Image, "N", 3, architecture.ImageSize, architecture.ImageSize),
            [
                new(OnnxNetwork.Probabilities, "N", architecture.Classes),
                new(OnnxNetwork.Logits, "N", architecture.Classes),
                new(OnnxNetwork.Similarities, "N", architecture.Prototypes),
                new(OnnxNetwork.Maps, "N", architecture.Prototypes, field.Rows.Cells, field.Columns.Cells),
                .. model.KnowsFamiliarity ? [new(OnnxNetwork.Familiarity, "N")] : Array.Empty<OnnxFile.Value>(),
            ],
            Metadata(model));
    }

    private static Dictionary<string, string> Metadata(TrainedProtoPNet model) => new()
    {
        ["protopnet.classes"] = MetadataJson.Write(model.ClassNames.ToArray()),
        ["protopnet.prototypes"] = MetadataJson.Write(model.Prototypes.Select(p => PrototypeDescription.Of(p, pictures: false)).ToArray()),
        ["protopnet.architecture"] = MetadataJson.Write(model.Architecture),
        ["protopnet.mean"] = MetadataJson.Write(model.Architecture.Backbone.Normalisation.Mean.ToArray()),
        ["protopnet.std"] = MetadataJson.Write(model.Architecture.Backbone.Normalisation.Deviation.ToArray()),
    };
}
