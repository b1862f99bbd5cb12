using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.Cli;

/// <summary>A saved model: the pipeline, and the ProtoPNet in it.</summary>
internal sealed class ModelFile : IDisposable
{
    private ModelFile(string name, ProtoPNetTransformer network, bool crops) => (Name, Network, Crops) = (name, network, crops);

    /// <summary>The file's name without its ending.</summary>
    public string Name { get; }

    public ProtoPNetTransformer Network { get; }

    /// <summary>Whether the pipeline cuts photographs to their boxes.</summary>
    public bool Crops { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidOperationException">There is no ProtoPNet in it.</exception>
    public static ModelFile Open(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no model '{path}'.", path);
        ITransformer[] parts = [.. Parts(new MLContext(seed: 1).Model.Load(path, out _))];
        ProtoPNetTransformer network = parts.OfType<ProtoPNetTransformer>().LastOrDefault()
            ?? throw new InvalidOperationException($"There is no ProtoPNet in the model '{path}'.");
        return new(Path.GetFileNameWithoutExtension(path), network, parts.OfType<ImageCroppingTransformer>().Any());
    }

    /// <summary>Photographs of a data set as the model saw them in training.</summary>
    public IReadOnlyList<AnalysedImage> Images(ImageDataset dataset, IReadOnlyList<ImageRecord> records)
    {
        Dictionary<string, int> classes = Network.ClassNames.Index().ToDictionary(one => one.Item, one => one.Index);
        return [.. records.Select(record => AnalysedImage.FromFile(
            record.ImagePath, classes.TryGetValue(record.Label, out int k) ? k : null, dataset.PathOf(record), Crops ? record.BoundingBox : null))];
    }

    public void Dispose() => Network.Dispose();

    private static IEnumerable<ITransformer> Parts(ITransformer transformer)
        => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];
}
