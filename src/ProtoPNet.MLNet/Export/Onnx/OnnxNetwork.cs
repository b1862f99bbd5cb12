using ProtoPNet.MLNet.Model;
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
    public const string Image = "image", Probabilities = "probabilities", Logits = "logits", Similarities = "similarities", Maps = "similarity_maps",
        Familiarity = "familiarity";

    /// <summary>The graph; its tensors belong to the caller's dispose scope.</summary>
    /// <param name="network">The network.</param>
    /// <param name="familiar">The backbone's features of the prototypes' patches; null if they are not known.</param>
    public static OnnxGraph Write(ProtoPNetNetwork network, PrototypeFeatures? familiar)
    {
        NetworkArchitecture architecture = network.Architecture;
        Dictionary<string, Tensor> tensors = StateDict.Of(network).ToDictionary(t => t.Name, t => t.Tensor.detach().cpu());
        var graph = new OnnxGraph();
        string features = OnnxBackbone.Write(graph, network.Features, Image), x = features;
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
        string maps = Similarity(graph, distances, architecture);
        graph.Append("ReduceMax", [maps], Similarities, [OnnxGraph.Integers("axes", 2, 3), OnnxGraph.Integer("keepdims", 0)]);
        graph.Apply("MatMul", [Similarities, graph.Constant("last_layer.weight", tensors["last_layer.weight"].t())], Logits);
        graph.Append("Softmax", [Logits], Probabilities, [OnnxGraph.Integer("axis", 1)]);
        if (familiar is not null) AddFamiliarity(graph, features, architecture, familiar.Rows.cpu());
        return graph;
    }

    /// <summary>
    /// The mean cosine, over the prototypes of the class of the highest logit, of their patches' features and those where they fire (N), as
    /// <see cref="PrototypeFeatures"/> computes it.
    /// </summary>
    private static void AddFamiliarity(OnnxGraph graph, string features, NetworkArchitecture architecture, Tensor rows)
    {
        (long p, long h, long w) = (architecture.Prototypes, architecture.PrototypeHeight, architecture.PrototypeWidth);
        Tensor units = nn.functional.normalize(rows, p: 2, dim: 1).reshape(p, -1, h, w);
        string squares = graph.Conv(graph.Apply("Mul", [features, features]), "feature_norms", ones([1, .. units.shape[1..]]), null);
        string lengths = graph.Apply("Max", [graph.Apply("Sqrt", [squares]), graph.Constant("shortest_feature", 1e-8f)]);
        string cosines = graph.Apply("Div", [graph.Conv(features, "prototype_features", units, null), lengths]);             // N × P × H' × W'

        ReceptiveField field = ReceptiveField.Of(architecture);
        string nearest = FirstOfLargest(graph, Maps, "places", [1, 1, field.Rows.Cells, field.Columns.Cells], 2, 3);          // N × P × H' × W'
        string each = graph.Add(
            "ReduceMax", [graph.Apply("Where", [nearest, cosines, graph.Constant("no_cosine", -2f)])],
            OnnxGraph.Integers("axes", 2, 3), OnnxGraph.Integer("keepdims", 0));                                              // N × P

        float[] shares = new float[architecture.Classes * p];
        foreach (IGrouping<int, int> own in architecture.PrototypeClasses.Index().GroupBy(one => one.Item, one => one.Index))
            foreach (int j in own) shares[own.Key * p + j] = (float)p / own.Count(); // the mean over all of them is that over the class's
        string predicted = graph.Apply(
            "Where", [FirstOfLargest(graph, Logits, "class_numbers", [1, architecture.Classes], 1), graph.Constant("yes", 1f), graph.Constant("no", 0f)]);
        string asked = graph.Apply("MatMul", [predicted, graph.Constant("class_shares", tensor(shares, [architecture.Classes, p]))]);
        graph.Append(
            "ReduceMean", [graph.Apply("Mul", [each, asked])], Familiarity, [OnnxGraph.Integers("axes", 1), OnnxGraph.Integer("keepdims", 0)]);
    }

    /// <summary>
    /// Where the largest values are along some axes, the first of equal ones: true once in each of the others. An ArgMax and a Gather, in operations that
    /// small readers of ONNX have, too.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="values">The values.</param>
    /// <param name="name">Of the constant that numbers the places.</param>
    /// <param name="places">The shape of the values, with 1 for each other axis.</param>
    /// <param name="axes">The axes.</param>
    private static string FirstOfLargest(OnnxGraph graph, string values, string name, long[] places, params long[] axes)
    {
        ProtoMessage[] over = [OnnxGraph.Integers("axes", axes), OnnxGraph.Integer("keepdims", 1)];
        float[] order = [.. Enumerable.Range(0, (int)places.Aggregate((product, extent) => product * extent)).Select(i => (float)i)];
        string largest = graph.Apply("Equal", [values, graph.Add("ReduceMax", [values], over)]);
        string numbers = graph.Constant(name, tensor(order, places)), none = graph.Constant($"no_{name}", order.Length);
        return graph.Apply("Equal", [numbers, graph.Add("ReduceMin", [graph.Apply("Where", [largest, numbers, none])], over)]);
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

    private static string Similarity(OnnxGraph graph, string distances, NetworkArchitecture architecture)
    {
        if (architecture.Similarity == SimilarityFunction.Linear) return graph.Apply("Neg", [distances], Maps);
        string above = graph.Apply("Add", [distances, graph.Constant("one", 1f)]);
        string below = graph.Apply("Add", [distances, graph.Constant("epsilon", (float)architecture.Epsilon)]);
        return graph.Apply("Log", [graph.Apply("Div", [above, below])], Maps);
    }
}
