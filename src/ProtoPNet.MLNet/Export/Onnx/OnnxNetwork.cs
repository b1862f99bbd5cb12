using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Onnx;

/// <summary>Writes the whole network: backbone, add-on layers, prototype layer, last layer.</summary>
internal static class OnnxNetwork
{
    public const string Image = "image", Probabilities = "probabilities", Logits = "logits", Similarities = "similarities", Maps = "similarity_maps";

    /// <summary>The graph; its tensors belong to the caller's dispose scope.</summary>
    public static OnnxGraph Write(ProtoPNetNetwork network)
    {
        NetworkArchitecture architecture = network.Architecture;
        Dictionary<string, Tensor> tensors = StateDict.Of(network).ToDictionary(t => t.Name, t => t.Tensor.detach().cpu());
        var graph = new OnnxGraph();
        string x = OnnxBackbone.Write(graph, network.Features, Image);
        string? outside = architecture.ObjectMask ? Outside(graph, x, architecture) : null;

        for (int layer = 0; tensors.TryGetValue($"add_on_layers.{layer}.weight", out Tensor? weight); layer += 2)
        {
            x = graph.Conv(x, $"add_on_layers.{layer}", weight, tensors[$"add_on_layers.{layer}.bias"]);
            bool last = !tensors.ContainsKey($"add_on_layers.{layer + 2}.weight");
            x = last ? InSpace(graph, x, architecture.LatentSpace) : graph.Apply("Relu", [x]);
        }

        string distances = Distances(graph, x, tensors["prototype_vectors"], PrototypeLayer.Centre(architecture.LatentSpace));
        if (outside is not null)
            distances = graph.Apply("Where", [outside, graph.Constant("largest_distance", (float)architecture.LargestDistance), distances]);
        string maps = Similarity(graph, distances, architecture.Similarity);
        graph.Append("ReduceMax", [maps], Similarities, [OnnxGraph.Integers("axes", 2, 3), OnnxGraph.Integer("keepdims", 0)]);
        graph.Apply("MatMul", [Similarities, graph.Constant("last_layer.weight", tensors["last_layer.weight"].t())], Logits);
        graph.Append("Softmax", [Logits], Probabilities, [OnnxGraph.Integer("axis", 1)]);
        return graph;
    }

    /// <summary>Which patches lie off the object, as <see cref="ObjectMask"/> finds them (N × 1 × H' × W').</summary>
    private static string Outside(OnnxGraph graph, string features, NetworkArchitecture architecture)
    {
        string sums = graph.Add(
            "ReduceMean", [graph.Apply("Relu", [features])], OnnxGraph.Integers("axes", 1), OnnxGraph.Integer("keepdims", 1));
        if (architecture.PrototypeHeight * architecture.PrototypeWidth > 1)
            sums = graph.Add("AveragePool", [sums],
                OnnxGraph.Integers("kernel_shape", architecture.PrototypeHeight, architecture.PrototypeWidth), OnnxGraph.Integers("strides", 1, 1));
        ProtoMessage[] cells = [OnnxGraph.Integers("axes", 2, 3), OnnxGraph.Integer("keepdims", 1)];
        string threshold = graph.Apply(
            "Min", [graph.Apply("Mul", [graph.Add("ReduceMean", [sums], cells), graph.Constant("object_threshold", (float)ObjectMask.Threshold)]), graph.Add("ReduceMax", [sums], cells)]);
        return graph.Apply("Less", [sums, threshold]);
    }

    private static string InSpace(OnnxGraph graph, string x, LatentSpace space)
    {
        if (space == LatentSpace.Cube) return graph.Apply("Sigmoid", [x]);
        string length = graph.Add("ReduceL2", [x], OnnxGraph.Integers("axes", 1), OnnxGraph.Integer("keepdims", 1));
        return graph.Apply("Div", [x, graph.Apply("Max", [length, graph.Constant("shortest", (float)UnitLengthLayer.Shortest)])]);
    }

    /// <summary>
    /// ‖z‖² + (‖p‖² − 2 z·p) of each patch z and prototype p, relative to the centre of their space; each term is a convolution. Never negative.
    /// </summary>
    private static string Distances(OnnxGraph graph, string latent, Tensor prototypes, double centre)
    {
        Tensor exact = prototypes.to_type(ScalarType.Float64).Plus(-centre);
        if (centre != 0) latent = graph.Apply("Sub", [latent, graph.Constant("centre", (float)centre)]);
        string squares = graph.Apply("Mul", [latent, latent]);
        string norms = graph.Conv(squares, "patch_norms", ones([1, .. prototypes.shape[1..]]), null);
        string products = graph.Conv(latent, "prototype_vectors", exact.Times(-2), exact.Squared().sum([1, 2, 3]));
        return graph.Apply("Relu", [graph.Apply("Add", [products, norms])]);
    }

    private static string Similarity(OnnxGraph graph, string distances, SimilarityFunction function)
    {
        if (function == SimilarityFunction.Linear) return graph.Apply("Neg", [distances], Maps);
        string above = graph.Apply("Add", [distances, graph.Constant("one", 1f)]);
        string below = graph.Apply("Add", [distances, graph.Constant("epsilon", (float)PrototypeLayer.Epsilon)]);
        return graph.Apply("Log", [graph.Apply("Div", [above, below])], Maps);
    }
}
