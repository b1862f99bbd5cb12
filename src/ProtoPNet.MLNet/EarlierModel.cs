using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Export.Checkpoints;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>
/// An earlier model that training continues from: a saved ProtoPNet, its exported state dict, a checkpoint of the published code, or a saved classifier
/// without prototypes, which has only a backbone to give.
/// </summary>
internal sealed class EarlierModel : IDisposable
{
    private const string Features = "features.", AddOn = "add_on_layers.", Prototypes = "prototype_vectors", LastLayer = "last_layer.weight";

    private readonly TensorFile _tensors;
    private readonly int? _stages;

    private EarlierModel(string path, TensorFile tensors, PooledArchitecture architecture)
        => (Path, _tensors, Backbone, _stages, ImageSize) = (path, tensors, architecture.Backbone, architecture.Stages, architecture.ImageSize);

    private EarlierModel(string path, TensorFile tensors, NetworkArchitecture architecture, IReadOnlyList<string>? classNames)
    {
        (Path, _tensors, Backbone, _stages, ImageSize) = (path, tensors, architecture.Backbone, architecture.Stages, architecture.ImageSize);
        (Architecture, ClassNames) = (architecture, classNames);
    }

    public string Path { get; }

    public Backbone Backbone { get; }

    /// <summary>S, in pixels; 0 if the file does not say it.</summary>
    public int ImageSize { get; }

    /// <summary>Its network with prototypes; null if it has none.</summary>
    public NetworkArchitecture? Architecture { get; }

    /// <summary>The names of its classes; null if the file does not say them, or it has no prototypes.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>The regions that people forbade in it.</summary>
    public IReadOnlyList<ModelEdit.Forbid> Forbidden { get; private init; } = [];

    /// <summary>The number of stages that its backbone has left.</summary>
    public int Stages => Graph.Stages.Count;

    private BackboneGraph Graph => Backbone.Graph.Cut(_stages);

    /// <summary>Opens a file; null if it holds weights of a backbone only.</summary>
    /// <exception cref="WeightsFormatException">The file is damaged, or of no known format.</exception>
    public static EarlierModel? Open(string path)
    {
        if (SavedFile.Open(path) is { } saved)
        {
            ModelDescription description = saved.Description;
            string[]? names = description.LabelType is { } type ? [.. ClassLabels.Parse(type, description.Labels).Names] : null;
            return new(path, saved.Network, description.Architecture, names)
            {
                Forbidden = [.. (description.Revisions ?? []).SelectMany(revision => revision.Edits).OfType<ModelEdit.Forbid>()],
            };
        }
        if (SavedFile.OpenPooled(path) is { } pooled) return new(path, pooled.Network, pooled.Description.Architecture);
        TensorFile file = TensorFiles.Open(path);
        try
        {
            if (file.Contains(Prototypes))
            {
                (NetworkArchitecture architecture, CheckpointMetadata metadata) = ReferenceCheckpoint.Describe(file);
                return new(path, file, architecture, metadata.ClassNames);
            }
            file.Dispose();
            return null;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether its backbone can start one that is cut after the given number of stages (null: whole).</summary>
    /// <exception cref="StateDictMismatchException">The backbones differ; the message names both.</exception>
    public void Check(Backbone backbone, int? stages)
    {
        BackboneGraph wanted = backbone.Graph.Cut(stages), own = Graph;
        bool fits = wanted.Stages.Count <= own.Stages.Count && Computation(wanted) == Computation(own.Cut(wanted.Stages.Count));
        if (fits) return;
        bool namesDiffer = backbone.Name != Backbone.Name;
        throw new StateDictMismatchException(Path, $"The earlier model '{Path}' has the backbone {Name(Backbone, own)}, "
            + $"which cannot start {Name(backbone, wanted)}. Choose the backbone of the earlier model.");

        static string Computation(BackboneGraph graph)
            => GraphJson.Write(new("any", graph.Input, graph.Nodes, graph.Stages, graph.Normalisation, graph.ImageSize));

        string Name(Backbone backbone, BackboneGraph cut)
            => namesDiffer ? backbone.Name : $"{backbone} with {cut.Stages.Count} {(cut.Stages.Count == 1 ? "stage" : "stages")}";
    }

    /// <summary>What a network for these classes takes over.</summary>
    public Inheritance For(NetworkArchitecture architecture, IReadOnlyList<string> classNames)
    {
        if (Architecture is not { } own) return Inheritance.OfBackbone(Path, classNames.Count);
        bool addOn = HasAddOnLayersOf(architecture);
        bool comparable = addOn && (own.LatentSpace, own.PrototypeHeight, own.PrototypeWidth)
            == (architecture.LatentSpace, architecture.PrototypeHeight, architecture.PrototypeWidth);
        Dictionary<string, int> known = (ClassNames ?? []).Index().DistinctBy(n => n.Item).ToDictionary(n => n.Item, n => n.Index);
        int[] classes = [.. classNames.Select(name => known.GetValueOrDefault(name, -1))];
        ILookup<int, int> prototypes = own.PrototypeClasses.Index().ToLookup(p => p.Item, p => p.Index);
        Dictionary<int, int> taken = !comparable ? [] : architecture.PrototypeClasses.Index().GroupBy(p => p.Item, p => p.Index)
            .SelectMany(group => group.Zip(prototypes[classes[group.Key]])).ToDictionary(pair => pair.First, pair => pair.Second);
        return new(Path, addOn, classes, taken)
        {
            LastLayer = !classes.Contains(-1) && classes.Length == own.Classes
                && taken.Count == architecture.Prototypes && taken.Count == own.Prototypes,
        };
    }

    /// <summary>Copies what a network for these classes takes over.</summary>
    /// <exception cref="StateDictMismatchException">The backbones differ.</exception>
    /// <exception cref="WeightsFormatException">The file is damaged.</exception>
    public Inheritance Load(ProtoPNetNetwork network, IReadOnlyList<string> classNames)
    {
        LoadBackbone(network.Features, network.Architecture.Backbone, network.Architecture.Stages);
        Inheritance inherited = For(network.Architecture, classNames);
        if (Architecture is not { } own) return inherited;
        if (inherited.AddOnLayers) StateDict.Assign(network.AddOnLayers, Under(AddOn), name => _tensors.Load(AddOn + name), Path);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        if (inherited.Prototypes.Count > 0)
        {
            Tensor earlier = Loaded(Prototypes, [own.Prototypes, .. network.PrototypeVectors.shape.Skip(1)]);
            foreach ((int to, int from) in inherited.Prototypes) network.PrototypeVectors[to].copy_(earlier[from]);
        }
        if (inherited.LastLayer)
        {
            long[] rows = [.. inherited.Classes.Select(k => (long)k)];
            long[] columns = [.. Enumerable.Range(0, inherited.Prototypes.Count).Select(p => (long)inherited.Prototypes[p])];
            Tensor earlier = Loaded(LastLayer, [own.Classes, own.Prototypes]);
            network.LastLayer.copy_(earlier.index_select(0, tensor(rows)).index_select(1, tensor(columns)));
        }
        return inherited;
    }

    /// <summary>Copies its backbone into one that is cut after the given number of stages (null: whole).</summary>
    /// <inheritdoc cref="Load(ProtoPNetNetwork, IReadOnlyList{string})"/>
    public void LoadBackbone(BackboneNetwork features, Backbone backbone, int? stages)
    {
        Check(backbone, stages);
        HashSet<string> own = [.. StateDict.Of(features).Select(t => t.Name)];
        StateDict.Assign(features, Under(Features), name => _tensors.Load(Features + name), Path, name => !own.Contains(name));
    }

    public void Dispose() => _tensors.Dispose();

    private bool HasAddOnLayersOf(NetworkArchitecture architecture)
    {
        int channels = architecture.Backbone.Graph.Cut(architecture.Stages).Channels;
        using nn.Module layers = Network.Layers.AddOn.Build(
            architecture.AddOnLayers, channels, architecture.PrototypeDepth, architecture.LatentSpace);
        Dictionary<string, long[]> wanted = StateDict.Of(layers).ToDictionary(t => t.Name, t => t.Tensor.shape);
        return wanted.Keys.ToHashSet().SetEquals(Under(AddOn)) && wanted.All(w => _tensors.Info(AddOn + w.Key).Shape.SequenceEqual(w.Value));
    }

    private string[] Under(string prefix)
        => [.. _tensors.Tensors.Select(t => t.Name).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..])];

    private Tensor Loaded(string name, long[] shape)
        => _tensors.Contains(name) && _tensors.Info(name).Shape.SequenceEqual(shape) ? _tensors.Load(name)
            : throw new WeightsFormatException(Path, $"its tensor '{name}' is missing, or not of the shape that the rest suggests.");
}
