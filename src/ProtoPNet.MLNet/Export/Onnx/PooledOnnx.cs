using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Onnx;

/// <summary>A classifier without prototypes as an ONNX model (opset 17).</summary>
internal static class PooledOnnx
{
    private const string Maps = "activation_maps";

    /// <summary>Writes <paramref name="path"/> and, if the weights exceed 2 GB, <c>NAME.data</c> next to it.</summary>
    public static void Write(TrainedPooledClassifier model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        PooledArchitecture architecture = model.Architecture;
        var graph = new OnnxGraph();
        string features = OnnxBackbone.Write(graph, model.Network.Features, OnnxNetwork.Image);
        Tensor weight = model.Network.Classifier.Weight.unsqueeze(-1).unsqueeze(-1);
        graph.Append(
            "Conv", [features, graph.Constant("classifier.weight", weight), graph.Constant("classifier.bias", model.Network.Classifier.Bias)], Maps,
            [OnnxGraph.Integers("kernel_shape", 1, 1)]);
        graph.Append("ReduceMean", [Maps], OnnxNetwork.Logits, [OnnxGraph.Integers("axes", 2, 3), OnnxGraph.Integer("keepdims", 0)]);
        graph.Append("Softmax", [OnnxNetwork.Logits], OnnxNetwork.Probabilities, [OnnxGraph.Integer("axis", 1)]);
        long[] map = model.Network.Features.Graph.Shapes(architecture.ImageSize)[model.Network.Features.Graph.Output];
        OnnxFile.Write(
            path,
            graph,
            new(OnnxNetwork.Image, "N", 3, architecture.ImageSize, architecture.ImageSize),
            [
                new(OnnxNetwork.Probabilities, "N", architecture.Classes),
                new(OnnxNetwork.Logits, "N", architecture.Classes),
                new(Maps, "N", architecture.Classes, map[2], map[3]),
            ],
            new Dictionary<string, string>
            {
                ["protopnet.classes"] = MetadataJson.Write(model.ClassNames.ToArray()),
                ["protopnet.mean"] = MetadataJson.Write(architecture.Backbone.Normalisation.Mean.ToArray()),
                ["protopnet.std"] = MetadataJson.Write(architecture.Backbone.Normalisation.Deviation.ToArray()),
            });
    }
}
