using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.Cli;

/// <summary>A saved model: the pipeline and its classifier, a ProtoPNet or one without prototypes.</summary>
internal sealed class ModelFile : IDisposable
{
    private readonly ITransformer[] _parts;
    private readonly DataViewSchema _schema;

    private readonly ITransformer _classifier;

    private ModelFile(string name, ITransformer classifier, ITransformer pipeline, ITransformer[] parts, DataViewSchema schema)
        => (Name, _classifier, Pipeline, _parts, _schema) = (name, classifier, pipeline, parts, schema);

    /// <summary>The file name without extension.</summary>
    public string Name { get; }

    /// <summary>The ProtoPNet.</summary>
    /// <exception cref="InvalidOperationException">The classifier has no prototypes.</exception>
    public ProtoPNetTransformer Network => _classifier as ProtoPNetTransformer ?? throw new InvalidOperationException(
        $"The model '{Name}' is a pooled classifier, which has no prototypes. 'protopnet evaluate', 'export' and 'compare' take such models.");

    /// <summary>The classifier without prototypes; null if it is a ProtoPNet.</summary>
    public PooledImageClassifierTransformer? Pooled => _classifier as PooledImageClassifierTransformer;

    public IReadOnlyList<string> ClassNames => Pooled?.ClassNames ?? Network.ClassNames;

    /// <summary>The temperature that the last layer was divided by; 1 if none was fitted.</summary>
    public double Temperature => Pooled?.Temperature ?? Network.Temperature;

    /// <summary>The whole pipeline, from photograph paths to class names.</summary>
    public ITransformer Pipeline { get; }

    /// <summary>Whether the pipeline crops photographs to their boxes.</summary>
    public bool Crops => CutsIn(_parts);

    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FormatException">It is damaged or not a model.</exception>
    /// <exception cref="InvalidOperationException">It contains no ProtoPNet.</exception>
    public static ModelFile Open(string path)
    {
        ITransformer pipeline = Load(new MLContext(seed: 1), path, out DataViewSchema schema);
        ITransformer[] parts = [.. Parts(pipeline)];
        ITransformer classifier = parts.LastOrDefault(part => part is ProtoPNetTransformer or PooledImageClassifierTransformer)
            ?? throw new InvalidOperationException($"The model '{path}' contains no ProtoPNet.");
        return new(Path.GetFileNameWithoutExtension(path), classifier, pipeline, parts, schema);
    }

    /// <summary>ML.NET's loader throws many kinds of exception, some of them wrapped; here the file is always at fault.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FormatException">It is damaged or not a model.</exception>
    public static ITransformer Load(MLContext ml, string path, out DataViewSchema schema)
    {
        new FileInfo(path).Existing("model");
        try
        {
            return ml.Model.Load(path, out schema);
        }
        catch (Exception e) when (e.GetBaseException() is not (DllNotFoundException or TypeInitializationException or OutOfMemoryException))
        {
            Exception reason = e;
            while (reason is TargetInvocationException { InnerException: { } inner }) reason = inner;
            throw new FormatException($"The model '{path}' cannot be loaded: is it the model.zip that 'protopnet train' writes? {reason.Message}", e);
        }
    }

    /// <summary>Whether a pipeline crops photographs to their boxes.</summary>
    public static bool CutsIn(ITransformer pipeline) => CutsIn(Parts(pipeline));

    /// <summary>The data set, with boxes only if the model crops to them.</summary>
    public ImageDataset Cut(ImageDataset dataset) => Crops ? dataset : dataset.WithoutBoxes();

    /// <summary>Photographs of a data set as the model saw them in training.</summary>
    public IReadOnlyList<AnalysedImage> Images(ImageDataset dataset, IReadOnlyList<ImageRecord> records)
        => AnalysedPhotographs.Of(dataset, records, ClassNames, Crops);

    /// <summary>The same photographs with the boxes of their objects, if the model sees more of them than those.</summary>
    public IEnumerable<AnalysedImage> WithObjects(IReadOnlyList<AnalysedImage> images, ImageDataset uncut)
    {
        if (Crops) return images;
        Dictionary<string, float[]> boxes = uncut.Train.Concat(uncut.Test).ToDictionary(record => record.ImagePath, record => record.BoundingBox);
        return images.Select(image => boxes[image.Id] is [var left, var top, > 0 and var width, > 0 and var height]
            ? image with { ObjectBox = new(left, top, width, height) }
            : image);
    }

    /// <summary>Writes the pipeline with a different network.</summary>
    public void SaveWith(ProtoPNetTransformer network, string path)
    {
        ITransformer[] parts = [.. _parts.Select(part => ReferenceEquals(part, _classifier) ? network : part)];
        WholeFile.Write(path, stream => new MLContext(seed: 1).Model.Save(new TransformerChain<ITransformer>(parts), _schema, stream));
    }

    public void Dispose() => ((IDisposable)_classifier).Dispose();

    private static bool CutsIn(IEnumerable<ITransformer> parts)
        => parts.Any(part => part is ImageCroppingTransformer or PhotographLoadingTransformer { Crops: true });

    private static IEnumerable<ITransformer> Parts(ITransformer transformer)
        => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];
}
