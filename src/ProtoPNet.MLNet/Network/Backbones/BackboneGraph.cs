using System.Text;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>
/// A convolutional backbone as a value: operations, their order and their tensors, without weights. Maps images N × 3 × S × S to a feature map
/// N × channels × H × W.
/// </summary>
/// <remarks>
/// A stage ends at a bottleneck tensor, so that a backbone can be cut there and run from there. Nodes are in execution order.
/// </remarks>
internal sealed class BackboneGraph
{
    private readonly int[] _stageEnds;

    /// <summary>Creates and validates a graph.</summary>
    /// <param name="name">The name used in messages.</param>
    /// <param name="input">The name of the input tensor, the images.</param>
    /// <param name="nodes">The nodes, each after those whose outputs it reads, all contributing to the output.</param>
    /// <param name="stages">The outputs of stages 1, 2, …; the last is the output of the graph.</param>
    /// <param name="normalisation">The normalisation of its images.</param>
    /// <param name="imageSize">An image size in pixels that is known to work.</param>
    /// <exception cref="BackboneGraphException">The graph is invalid; the message says why.</exception>
    public BackboneGraph(
        string name, string input, IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> stages, InputNormalisation normalisation,
        int imageSize = 224)
    {
        (Name, Input, Nodes, Stages, Normalisation, ImageSize) = (name, input, nodes, stages, normalisation, imageSize);
        GraphChecks.Check(name, input, nodes);
        IReadOnlyList<string> joints = Articulation.Of(input, nodes);
        HashSet<string> cuts = [.. joints];
        Dictionary<string, int> places = nodes.Index().ToDictionary(n => n.Item.Output, n => n.Index);
        if (stages.FirstOrDefault(s => !cuts.Contains(s)) is { } wrong)
            throw new BackboneGraphException(name, $"it cannot be cut at '{wrong}': {(places.ContainsKey(wrong)
                ? "other tensors go round it"
                : "it computes no such tensor")}. It can be cut at {string.Join(", ", joints.TakeLast(12).Select(j => $"'{j}'"))}.");
        _stageEnds = [0, .. stages.Select(s => places[s] + 1)];
        if (stages.Count == 0 || !_stageEnds.SequenceEqual(_stageEnds.Order().Distinct()) || _stageEnds[^1] != nodes.Count)
            throw new BackboneGraphException(name, "its stages must follow one another, and the last must end with the graph.");
        Channels = checked((int)Shapes(imageSize)[Output][1]);
    }

    public string Name { get; }

    public string Input { get; }

    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The outputs of stages 1, 2, ….</summary>
    public IReadOnlyList<string> Stages { get; }

    public string Output => Stages[^1];

    public InputNormalisation Normalisation { get; }

    /// <summary>An image size in pixels that is known to work.</summary>
    public int ImageSize { get; }

    /// <summary>The number of output channels.</summary>
    public int Channels { get; }

    /// <summary>The index of the first node after the first <paramref name="stages"/> stages.</summary>
    public int EndOf(int stages) => _stageEnds[stages];

    /// <summary>The graph cut after the given number of stages; null: the whole graph.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public BackboneGraph Cut(int? stages)
    {
        if (stages is null || stages == Stages.Count) return this;
        if (stages < 1 || stages > Stages.Count)
            throw new ArgumentOutOfRangeException(nameof(stages), stages, $"{Name} has {Stages.Count} stages: cut it after 1 to {Stages.Count}.");
        return new(Name, Input, [.. Nodes.Take(EndOf(stages.Value))], [.. Stages.Take(stages.Value)], Normalisation, ImageSize);
    }

    /// <summary>The shape of every tensor for one image of that size.</summary>
    /// <exception cref="BackboneGraphException">The shapes do not fit at that size; the message names the node.</exception>
    public IReadOnlyDictionary<string, long[]> Shapes(int imageSize, int images = 1)
        => GraphShapes.Of(Name, Input, Nodes, [images, 3, imageSize, imageSize]);

    /// <summary>One line per node.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Name}: {Input} {Normalisation}\n");
        foreach (GraphNode node in Nodes) text.Append(node).Append(Stages.Contains(node.Output) ? "   ← end of a stage\n" : "\n");
        return text.ToString();
    }
}
