using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A trainable backbone f, N × 3 × S × S to N × channels × H × W; weights start at zero, batch norms as constructed.</summary>
/// <remarks>Tensors are named after the graph's nodes, in node order.</remarks>
internal sealed class BackboneNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Step[] _steps;

    public BackboneNetwork(BackboneGraph graph) : base(graph.Name)
    {
        Graph = graph;
        ILookup<string, int> uses = graph.Nodes.Index().SelectMany(n => n.Item.Inputs.Select(i => (Input: i, n.Index)))
            .ToLookup(u => u.Input, u => u.Index);
        Dictionary<string, GraphNode> makers = graph.Nodes.ToDictionary(n => n.Output);
        _steps = [.. graph.Nodes.Select((node, place) => Step.Of(node, place, makers, uses))];
        foreach (Step step in _steps)
            if (step.Layer is { } layer) ModuleTree.Register(this, step.Node.Name, layer);
    }

    /// <summary>The graph that the network computes.</summary>
    public BackboneGraph Graph { get; }

    /// <summary>The number of output channels.</summary>
    public int OutputChannels => Graph.Channels;

    /// <summary>The number of stages; the stem belongs to the first.</summary>
    public int StageCount => Graph.Stages.Count;

    /// <summary>
    /// The type that stages compute in during training, <see cref="ScalarType.Float32"/> or <see cref="ScalarType.BFloat16"/>. Weights, their
    /// gradients, batch-norm statistics, input and output always have 32 bits.
    /// </summary>
    public ScalarType TrainingType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// Runs stages <paramref name="from"/> + 1 to <paramref name="to"/> on the output of the previous stages; all stages map images to features,
    /// zero stages return the input unchanged.
    /// </summary>
    public Tensor Run(Tensor input, int from, int to)
    {
        if (from == to) return input.alias();
        if (training) return RunStages(input, from, to);
        using (FullPrecision.Enter()) return RunStages(input, from, to);
    }

    private Tensor RunStages(Tensor input, int from, int to)
    {
        using DisposeScope scope = NewDisposeScope();
        bool mixed = training && TrainingType != ScalarType.Float32 && input.dtype == ScalarType.Float32;
        string first = from == 0 ? Graph.Input : Graph.Stages[from - 1];
        Dictionary<string, Tensor> alive = new() { [first] = mixed ? input.to(TrainingType) : input };
        Tensor x = input;
        foreach (Step step in _steps.AsSpan(Graph.EndOf(from)..Graph.EndOf(to)))
        {
            Tensor[] read = [.. step.Node.Inputs.Select(name => alive[name])];
            // The input belongs to the caller and must not be overwritten.
            x = step.Layer is null ? Kernels.Run(step.Node.Operation, read, step.MayOverwrite && !ReferenceEquals(read[0], input))
                : step.Layer is WeightLayer weight ? weight.As(mixed ? TrainingType : input.dtype)
                : ((nn.Module<Tensor, Tensor>)step.Layer).call(read[0]);
            alive[step.Node.Output] = x;
            foreach (string dead in step.Dies)
                if (alive.Remove(dead, out Tensor? tensor) && !ReferenceEquals(tensor, input) && !ReferenceEquals(tensor, x)) tensor.Dispose();
        }
        return (mixed ? x.to(input.dtype) : x).MoveToOuterDisposeScope();
    }

    /// <summary>The parameters of the first <paramref name="stages"/> stages.</summary>
    public IEnumerable<Parameter> StageParameters(int stages)
        => _steps.Take(Graph.EndOf(stages)).SelectMany(step => step.Layer?.parameters() ?? []);

    public override Tensor forward(Tensor images) => Run(images, 0, StageCount);
}
