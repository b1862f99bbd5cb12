using System.Text.Json;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>The metadata of our state dicts, from which an import restores the model; null if a file does not have them.</summary>
internal sealed record CheckpointMetadata
{
    /// <summary>Pictures are written up to this total size: the header of a safetensors file is limited to 100 MB.</summary>
    private const long MostPictureBytes = 32 << 20;

    private const string ClassesKey = "protopnet.classes", PrototypesKey = "protopnet.prototypes",
        PrototypeClassesKey = "protopnet.prototype_classes", ImageSizeKey = "protopnet.image_size", SimilarityKey = "protopnet.similarity",
        EpsilonKey = "protopnet.epsilon", LatentSpaceKey = "protopnet.latent_space", ObjectMaskKey = "protopnet.object_mask", BackboneKey = "protopnet.backbone";

    /// <summary>The graph of a backbone that was read, as far as it is used; the seventeen are told from the names of their tensors.</summary>
    public string? Graph { get; init; }

    public int? ImageSize { get; init; }

    public SimilarityFunction? Similarity { get; init; }

    public double? Epsilon { get; init; }

    public LatentSpace? LatentSpace { get; init; }

    public bool? ObjectMask { get; init; }

    public IReadOnlyList<string>? ClassNames { get; init; }

    public IReadOnlyList<int>? PrototypeClasses { get; init; }

    public IReadOnlyList<PrototypeDescription>? Prototypes { get; init; }

    public static CheckpointMetadata Of(TrainedProtoPNet model)
    {
        bool pictures = model.Prototypes.Sum(p => p.Source is { } s ? (long)s.Picture.Length + s.Thumbnail.Length : 0) <= MostPictureBytes;
        return new()
        {
            Graph = model.Architecture.Backbone.IsPublished ? null : GraphJson.Write(model.Network.Features.Graph),
            ImageSize = model.Architecture.ImageSize,
            Similarity = model.Architecture.Similarity,
            Epsilon = model.Architecture.Epsilon,
            LatentSpace = model.Architecture.LatentSpace,
            ObjectMask = model.Architecture.ObjectMask,
            ClassNames = model.ClassNames,
            PrototypeClasses = model.Architecture.PrototypeClasses,
            Prototypes = [.. model.Prototypes.Select(p => PrototypeDescription.Of(p, pictures))],
        };
    }

    /// <summary>The metadata of a file; any of them may be missing.</summary>
    /// <exception cref="WeightsFormatException">One of them is malformed, or no network can have it.</exception>
    public static CheckpointMetadata Read(TensorFile file) => new()
    {
        Graph = file.Metadata.GetValueOrDefault(BackboneKey),
        ImageSize = Value<int?>(file, ImageSizeKey),
        Similarity = Value<SimilarityFunction?>(file, SimilarityKey),
        Epsilon = EpsilonOf(file),
        LatentSpace = Value<LatentSpace?>(file, LatentSpaceKey),
        ObjectMask = Value<bool?>(file, ObjectMaskKey),
        ClassNames = Value<string[]>(file, ClassesKey),
        PrototypeClasses = Value<int[]>(file, PrototypeClassesKey),
        Prototypes = Value<PrototypeDescription[]>(file, PrototypesKey),
    };

    public IReadOnlyDictionary<string, string> ToDictionary() => new Dictionary<string, string>(Graph is { } graph ? [new(BackboneKey, graph)] : [])
    {
        ["format"] = "pt",
        [ClassesKey] = MetadataJson.Write(ClassNames?.ToArray()),
        [PrototypeClassesKey] = MetadataJson.Write(PrototypeClasses?.ToArray()),
        [ImageSizeKey] = MetadataJson.Write(ImageSize),
        [SimilarityKey] = MetadataJson.Write(Similarity),
        [EpsilonKey] = MetadataJson.Write(Epsilon),
        [LatentSpaceKey] = MetadataJson.Write(LatentSpace),
        [ObjectMaskKey] = MetadataJson.Write(ObjectMask),
        [PrototypesKey] = MetadataJson.Write(Prototypes?.ToArray()),
    };

    /// <summary>The backbone that the file describes, cut as it was; null where it describes none.</summary>
    /// <exception cref="WeightsFormatException">The description is damaged, or asks for other tensors than the file has.</exception>
    public Backbone? Backbone(TensorFile file)
    {
        if (Graph is null) return null;
        try
        {
            BackboneGraph graph = GraphJson.Read(Graph);
            foreach (GraphNode node in graph.Nodes)
                foreach (OwnedTensor tensor in node.Operation.Tensors)
                    if ($"features.{node.Name}.{tensor.Name}" is var name
                        && !(file.Contains(name) && file.Info(name).Shape.SequenceEqual(tensor.Shape)))
                        throw new WeightsFormatException(file.Path, $"its metadata '{BackboneKey}' do not fit its tensor '{name}'.");
            return Network.Backbone.Read(graph);
        }
        catch (BackboneGraphException e)
        {
            throw new WeightsFormatException(file.Path, $"its metadata '{BackboneKey}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Refuses metadata that do not fit the file's tensors.</summary>
    /// <exception cref="WeightsFormatException">Counts, classes or places do not fit.</exception>
    public void Check(string path, NetworkArchitecture architecture)
    {
        Require(ClassNames is null || ClassNames.Count == architecture.Classes && ClassNames.All(n => n is not null), ClassesKey);
        Require(PrototypeClasses is null || PrototypeClasses.Count == architecture.Prototypes
            && PrototypeClasses.All(k => k >= 0 && k < architecture.Classes), PrototypeClassesKey);
        if (Prototypes is null) return;
        ReceptiveField field = ReceptiveField.Of(architecture);
        Require(Prototypes.Count == architecture.Prototypes && Prototypes.Index().All(p => p.Item?.Fits(p.Index, field) == true), PrototypesKey);

        void Require(bool holds, string key)
        {
            if (!holds) throw new WeightsFormatException(path, $"its metadata '{key}' do not fit its tensors.");
        }
    }

    private static double? EpsilonOf(TensorFile file) => Value<double?>(file, EpsilonKey) is var epsilon && epsilon is null or (> 0 and < 1) ? epsilon
        : throw new WeightsFormatException(file.Path, FormattableString.Invariant($"its metadata '{EpsilonKey}' say {epsilon}; it must be above 0 and below 1."));

    private static T? Value<T>(TensorFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out string? text)) return default;
        try
        {
            return MetadataJson.Read<T>(text);
        }
        catch (JsonException e)
        {
            throw new WeightsFormatException(file.Path, $"its metadata '{key}' cannot be read: {e.Message}", e);
        }
    }
}
