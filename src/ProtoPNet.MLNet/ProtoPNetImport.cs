using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Export.Checkpoints;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet;

/// <summary>A photograph on disk and its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="ClassName">The class.</param>
public sealed record LabelledPhotograph(string Path, string ClassName)
{
    /// <summary>The id by which prototypes know it, as in the image id column of training; the path unless given.</summary>
    public string Id { get; init; } = Path;
}

/// <summary>Information that a checkpoint may lack.</summary>
public sealed record ProtoPNetImportOptions
{
    /// <summary>
    /// S: rows and columns of the network's input, in pixels; 224 in the published code. Null to read it from the file's metadata, as written by
    /// <see cref="ProtoPNetExport.ExportStateDict(ProtoPNetTransformer, string)"/>.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>
    /// Names of the K classes, in the order of training (for the published code: folder names in alphabetical order). Null: from the file's metadata,
    /// otherwise from the photographs, otherwise numbers.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// The similarity function. Null: from the file's metadata, otherwise <see cref="SimilarityFunction.Log"/> as in the published code.
    /// </summary>
    public SimilarityFunction? Similarity { get; init; }

    /// <summary>
    /// The photographs that the prototypes were projected onto (the published code's <c>train_push_dir</c>), cropped as they were then. They are
    /// searched for each prototype's patch. Null: prototypes have the sources of the file's metadata, if any.
    /// </summary>
    public IReadOnlyList<LabelledPhotograph>? TrainingPhotographs { get; init; }

    /// <summary>Name of the image column in the pipeline.</summary>
    public string ImageColumnName { get; init; } = "Image";

    /// <summary>Stops the search of the photographs.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>A checkpoint as an ML.NET model, and the result of the search for its prototypes.</summary>
/// <param name="Transformer">The model.</param>
/// <param name="Architecture">The inferred architecture.</param>
/// <param name="SourceDistances">
/// For each prototype, the squared distance to the nearest patch in the photographs; up to <see cref="ProtoPNetImport.SamePatch"/>, that patch is its
/// source. Empty if no photographs were given.
/// </param>
public sealed record ImportedProtoPNet(ProtoPNetTransformer Transformer, NetworkArchitecture Architecture, IReadOnlyList<double> SourceDistances)
{
    /// <summary>Indices of the prototypes that are not a patch of any photograph.</summary>
    public IReadOnlyList<int> NotAPatch => [.. Enumerable.Range(0, SourceDistances.Count).Where(p => SourceDistances[p] > ProtoPNetImport.SamePatch)];
}

/// <summary>
/// Turns checkpoints of the published PyTorch implementation into ML.NET models, without Python and without executing any of their code.
/// </summary>
public static class ProtoPNetImport
{
    /// <summary>A prototype is a patch if their squared distance is at most this; differences between decoders and resizers stay below it.</summary>
    public const double SamePatch = 1e-4;

    /// <summary>
    /// Reads a state dict or whole module (<c>.pth</c>, <c>.pt</c>, safetensors). The architecture is inferred from names and shapes.
    /// </summary>
    /// <exception cref="LibtorchUnavailableException">libtorch is missing; the message says what to install.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsFormatException">It is damaged, hostile, or not a ProtoPNet.</exception>
    /// <exception cref="StateDictMismatchException">Its tensors do not form one network.</exception>
    /// <exception cref="ArgumentException">Image size, class names or photographs do not fit it; the message says how.</exception>
    public static ImportedProtoPNet FromCheckpoint(string path, ProtoPNetImportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        Libtorch.Require();
        (ProtoPNetNetwork network, CheckpointMetadata metadata) = ReferenceCheckpoint.Read(path, options.ImageSize, options.Similarity);
        try
        {
            string[] names = ClassNames(options, metadata, network.Architecture.Classes);
            IReadOnlyList<Prototype> prototypes = PrototypeCatalogue.Unplaced(network.Architecture, names);
            if (metadata.Prototypes is { } described) prototypes = [.. prototypes.Zip(described, (p, d) => d.ToPrototype(p))];
            double[] distances = [];
            if (options.TrainingPhotographs is { } photographs)
            {
                IReadOnlyList<PlacedPrototype?> found = new PrototypeSearch(network).Run([.. photographs.Select(p => p.Path)], options.Cancellation);
                distances = [.. found.Select(f => f?.Distance ?? double.PositiveInfinity)];
                CheckClassOrder(found, photographs, prototypes);
                prototypes = [.. prototypes.Zip(found, (p, f) => p with
                {
                    Source = f is { Distance: <= SamePatch } ? Source(f, photographs, network.Architecture) : null,
                })];
            }
            var labels = ClassLabels.Parse(TextDataViewType.Instance.ToString(), names);
            var columns = new ColumnNames(options.ImageColumnName);
            return new(new(new TrainedProtoPNet(network, names, prototypes), labels, columns, batchSize: 16), network.Architecture, distances);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static string[] ClassNames(ProtoPNetImportOptions options, CheckpointMetadata metadata, int classes)
    {
        string[] names = (options.ClassNames ?? metadata.ClassNames) is { } known ? [.. known]
            : options.TrainingPhotographs is { } photographs ? [.. photographs.Select(p => p.ClassName).Distinct().Order(StringComparer.Ordinal)]
            : [.. Enumerable.Range(1, classes).Select(k => $"{k}")];
        if (names.Length != classes)
            throw new ArgumentException($"The checkpoint has {classes} classes, but {names.Length} names are given; give one for each, "
                + "in the order of training (for the published code: the names of the folders, sorted).", nameof(options));
        if (names.CountBy(n => n).FirstOrDefault(n => n.Value > 1).Key is { } twice)
            throw new ArgumentException($"Two classes are named '{twice}'.", nameof(options));
        string[] strangers = [.. (options.TrainingPhotographs ?? []).Select(p => p.ClassName).Distinct().Except(names).Take(3)];
        return strangers.Length == 0 ? names
            : throw new ArgumentException(
                $"There are photographs of classes that are not among the names: {string.Join(", ", strangers)}.", nameof(options));
    }

    /// <summary>A prototype is a patch of its own class; if many lie in photographs of other classes, the names are in the wrong order.</summary>
    private static void CheckClassOrder(
        IReadOnlyList<PlacedPrototype?> found, IReadOnlyList<LabelledPhotograph> photographs, IReadOnlyList<Prototype> prototypes)
    {
        (string Own, string There)[] pairs = [.. prototypes.Zip(found).Where(p => p.Second is { Distance: <= SamePatch })
            .Select(p => (p.First.ClassName, photographs[p.Second!.Image].ClassName))];
        (string Own, string There)[] wrong = [.. pairs.Where(p => p.Own != p.There)];
        if (wrong.Length * 2 > pairs.Length)
            throw new ArgumentException(
                $"{wrong.Length} of {pairs.Length} prototypes lie in photographs of another class than their own, "
                + $"such as one of '{wrong[0].Own}' in a photograph of '{wrong[0].There}': "
                + "the class names are not in the order of training (the published code sorts the folders by name).");
    }

    private static PrototypeSource Source(PlacedPrototype patch, IReadOnlyList<LabelledPhotograph> photographs, NetworkArchitecture architecture)
    {
        LabelledPhotograph photograph = photographs[patch.Image];
        return PrototypeCatalogue.Source(patch.Image, photograph.Id, PrototypeSearch.Decode(photograph.Path), patch, architecture);
    }
}
