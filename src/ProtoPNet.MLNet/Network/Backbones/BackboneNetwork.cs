using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A backbone f that runs and learns, N × 3 × S × S to N × channels × H × W; all weights zero, batch norms as constructed.</summary>
/// <remarks>Tensors are listed under the names of the graph's nodes, in the order of the nodes.</remarks>
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

    /// <summary>What it computes.</summary>
    public BackboneGraph Graph { get; }

    /// <summary>Channels of the output.</summary>
    public int OutputChannels => Graph.Channels;

    /// <summary>Stages of this backbone, the stem counted with the first.</summary>
    public int StageCount => Graph.Stages.Count;

    /// <summary>
    /// The type that stages compute in while in training mode, <see cref="ScalarType.Float32"/> or <see cref="ScalarType.BFloat16"/>. Weights, their
    /// gradients, batch-norm statistics, input and output are of 32 bits all the same.
    /// </summary>
    public ScalarType TrainingType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// Runs stages <paramref name="from"/> + 1 to <paramref name="to"/> on what the stages before have made; all of them turn images into features,
    /// none leave the input as it is.
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
            // What came in is the caller's, and is not written to.
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
