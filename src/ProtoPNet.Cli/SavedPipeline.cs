using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;

namespace ProtoPNet.Cli;

/// <summary>
/// A saved pipeline, from photograph paths to class names, around one of three kinds of classifier: a ProtoPNet (<see cref="ModelFile"/>), an ensemble
/// (<see cref="EnsembleFile"/>), or one without prototypes (<see cref="PooledFile"/>).
/// </summary>
internal abstract class SavedPipeline : IDisposable
{
    /// <summary>What to say where a model that <see cref="Crops"/> is given photographs without boxes.</summary>
    public const string GiveCropped = "This model was trained on photographs cropped to their boxes; give cropped photographs.";

    private readonly DataViewSchema _schema;

    private protected SavedPipeline(string path, ITransformer pipeline, DataViewSchema schema)
        => (Path, Pipeline, Parts, _schema) = (path, pipeline, [.. PartsOf(pipeline)], schema);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The file name without extension.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>What it is, and what to do where another kind is needed; for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>The whole pipeline.</summary>
    public ITransformer Pipeline { get; }

    /// <summary>The steps of the pipeline.</summary>
    public IReadOnlyList<ITransformer> Parts { get; }

    /// <summary>The names of the K classes.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>The temperature that the logits have been divided by; 1 if none was fitted.</summary>
    public abstract double Temperature { get; }

    /// <summary>Whether the pipeline crops photographs to their boxes.</summary>
    public bool Crops => CutsIn(Parts);

    /// <summary>Opens a file of any kind.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FormatException">It is damaged or not a model.</exception>
    /// <exception cref="InvalidOperationException">It contains no model of ours.</exception>
    public static SavedPipeline Open(string path)
    {
        ITransformer pipeline = Load(new MLContext(seed: 1), path, out DataViewSchema schema);
        return PartsOf(pipeline).LastOrDefault(IsClassifier) switch
        {
            ProtoPNetTransformer network => new ModelFile(path, network, pipeline, schema),
            ProtoPNetEnsemble ensemble => new EnsembleFile(path, ensemble, pipeline, schema),
            PooledImageClassifierTransformer classifier => new PooledFile(path, classifier, pipeline, schema),
            _ => throw new InvalidOperationException($"The model '{path}' contains no ProtoPNet."),
        };
    }

    /// <summary>Opens a file of one kind.</summary>
    /// <inheritdoc cref="Open(string)"/>
    /// <exception cref="InvalidOperationException">It is of another kind; the message says of which.</exception>
    public static T Open<T>(string path) where T : SavedPipeline
    {
        SavedPipeline opened = Open(path);
        if (opened is T wanted) return wanted;
        using (opened) throw opened.Refused();
    }

    /// <summary>The error of what does not take this kind.</summary>
    public InvalidOperationException Refused() => new($"'{Path}' is {Kind}.");

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
    public static bool CutsIn(ITransformer pipeline) => CutsIn(PartsOf(pipeline));

    /// <summary>The data set, with boxes only if the model crops to them.</summary>
    public ImageDataset Cut(ImageDataset dataset) => Crops ? dataset : dataset.WithoutBoxes();

    /// <summary>Photographs of a data set as the model saw them in training.</summary>
    public IReadOnlyList<AnalysedImage> Images(ImageDataset dataset, IReadOnlyList<ImageRecord> records)
        => AnalysedPhotographs.Of(dataset, records, ClassNames, Crops);

    /// <summary>The same photographs with the boxes of their objects, if the model sees more of them than those.</summary>
    public IEnumerable<AnalysedImage> WithObjects(IReadOnlyList<AnalysedImage> images, ImageDataset uncut)
        => Crops ? images : AnalysedPhotographs.WithObjects(images, uncut);

    /// <summary>The steps up to the classifier; what follows may hide its columns.</summary>
    public ITransformer UpToClassifier => First(LastIndex(IsClassifier) + 1);

    /// <summary>The steps before what the pipeline abstains by.</summary>
    public ITransformer UpToAbstention => First(LastIndex(part => part is AbstainingTransformer));

    /// <summary>What adds the columns <c>Familiarity</c> and <c>Answer</c> to the classifier's; null if it has no familiarity.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="threshold">The familiarity below which the answer is "unknown".</param>
    public abstract AbstainingEstimator? AbstainBelow(TransformsCatalog catalog, float threshold);

    /// <summary>Checks that there is a familiarity to abstain by.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public void CheckFamiliarity()
    {
        if (AbstainBelow(new MLContext(seed: 1).Transforms, 0) is null)
            throw new ArgumentException("A member of this ensemble has no familiarity, and so the ensemble has none: leave --abstain-below out.");
    }

    /// <summary>What the pipeline itself abstains by; null if it always answers.</summary>
    public AbstainingTransformer? Abstention => Parts.OfType<AbstainingTransformer>().LastOrDefault();

    public abstract void Dispose();

    /// <summary>Writes the pipeline with another transformer in the place of <paramref name="old"/>.</summary>
    private protected void SaveWith(ITransformer old, ITransformer replacement, string path)
        => WholeFile.Write(path, stream => SaveWith(old, replacement, stream));

    /// <summary>Writes the pipeline with another transformer in the place of <paramref name="old"/>.</summary>
    private protected void SaveWith(ITransformer old, ITransformer replacement, Stream stream)
    {
        ITransformer[] parts = [.. Parts.Select(part => ReferenceEquals(part, old) ? replacement : part)];
        new MLContext(seed: 1).Model.Save(new TransformerChain<ITransformer>(parts), _schema, stream);
    }

    private TransformerChain<ITransformer> First(int count) => new([.. Parts.Take(count)]);

    private int LastIndex(Func<ITransformer, bool> which) => Parts.Index().Last(part => which(part.Item)).Index;

    private static bool IsClassifier(ITransformer part) => part is ProtoPNetTransformer or ProtoPNetEnsemble or PooledImageClassifierTransformer;

    private static bool CutsIn(IEnumerable<ITransformer> parts)
        => parts.Any(part => part is ImageCroppingTransformer or PhotographLoadingTransformer { Crops: true });

    private static IEnumerable<ITransformer> PartsOf(ITransformer transformer)
        => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(PartsOf) : [transformer];
}
