using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Builds a graph node by node; each method returns the name of the node, which is also that of its output.</summary>
internal sealed class GraphBuilder
{
    public const string Images = "images";

    private readonly List<GraphNode> _nodes = [];
    private readonly List<string> _stages = [];

    public string Conv(string name, string x, int inputs, int outputs, Window window, bool bias = false)
        => Add(name, new Convolution(inputs, outputs, window, window, 1, bias), x);

    public string Norm(string name, string x, int channels) => Add(name, new BatchNorm(channels, BatchNormLayer.Epsilon), x);

    public string Relu(string name, string x) => Add(name, new Pointwise(Function.Relu), x);

    public string MaxPool(string name, string x, Window window) => Add(name, new MaxPool(window, window, false), x);

    public string AveragePool(string name, string x, Window window) => Add(name, new AveragePool(window, window, false, true), x);

    public string Sum(string name, string x, string y) => Add(name, new Arithmetic(Calculation.Add), x, y);

    public string Append(string name, string x, string y) => Add(name, new Concat(1), x, y);

    public void EndStage(string output) => _stages.Add(output);

    public BackboneGraph Graph(string name) => new(name, Images, _nodes, _stages, InputNormalisation.ImageNet);

    private string Add(string name, Operation operation, params string[] inputs)
    {
        _nodes.Add(new(name, operation, inputs, name));
        return name;
    }
}
