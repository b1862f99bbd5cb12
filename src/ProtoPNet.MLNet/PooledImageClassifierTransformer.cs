using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Scoring;

[assembly: LoadableClass(
    typeof(PooledImageClassifierTransformer), null, typeof(SignatureLoadModel), "Pooled image classifier",
    PooledImageClassifierTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>
/// A trained classifier without prototypes in an ML.NET pipeline: reads a column of photographs and adds class probabilities (<c>Score</c>) and the
/// predicted class (<c>PredictedLabel</c>), as <see cref="ProtoPNetTransformer"/> does. Several threads may use it at once.
/// </summary>
public sealed class PooledImageClassifierTransformer : RowByRowTransformer, IDisposable
{
    internal const string LoaderSignature = "PooledClassifier";

    private readonly ClassLabels _labels;
    private readonly ColumnNames _columns;
    private readonly int _batchSize;
    private readonly SharedPooledClassifier _model;

    internal PooledImageClassifierTransformer(TrainedPooledClassifier model, ClassLabels labels, ColumnNames columns, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (_model, _labels, _columns, _batchSize) = (new(model, typeof(PooledImageClassifierTransformer)), labels, columns, batchSize);
    }

    /// <summary>The names of the K classes, in the order of the slots of <c>Score</c>.</summary>
    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    /// <summary>The temperature T that the linear layer has been divided by; 1 if none was fitted.</summary>
    public double Temperature => _model.Temperature;

    /// <summary>The name of the column of photographs.</summary>
    public string ImageColumnName => _columns.Image;

    /// <summary>The name of the column of class probabilities.</summary>
    public string ScoreColumnName => _columns.Score;

    /// <summary>The name of the column of predicted keys.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <summary>The report of training; null in a model loaded from a file.</summary>
    public PooledTrainingReport? TrainingReport { get; internal init; }

    /// <summary>Explains the prediction for one photograph by class activation maps (Zhou et al. 2016).</summary>
    /// <param name="image">The photograph, cropped like the training photographs.</param>
    /// <exception cref="UnreadableImageException">The image has an unknown pixel format.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public ClassActivations Explain(MLImage image) => Explain(PhotographFile.CheckSize(ImageCodec.FromMLImage(image)));

    /// <summary>Explains the prediction for one photograph by class activation maps (Zhou et al. 2016).</summary>
    /// <param name="encoded">The bytes of a JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <exception cref="UnreadableImageException">The bytes are not an image, or a damaged one.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public ClassActivations Explain(ReadOnlyMemory<byte> encoded) => Explain(PhotographFile.Decode(encoded));

    /// <summary>Borrows the model, which stays in memory until the loan is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    internal SharedPooledClassifier.Loan Borrow() => _model.Borrow();

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        using SharedPooledClassifier.Loan loan = Borrow();
        PooledEntries.Write(ctx, new(loan.Model, _labels, _columns, _batchSize));
    }

    /// <summary>
    /// Frees the network, once other threads have finished computing with it. Later calls that need it throw <see cref="ObjectDisposedException"/>.
    /// May be called repeatedly, by any thread.
    /// </summary>
    public void Dispose() => _model.Dispose();

    private ClassActivations Explain(RgbImage image)
    {
        using SharedPooledClassifier.Loan loan = Borrow();
        return loan.Model.Explain(image);
    }

    /// <summary>Rows are scored in batches, ahead of reading.</summary>
    private protected override IDataView Over(IDataView input) => new LookAheadView(Bind(input.Schema), input, _batchSize);

    private protected override PooledColumns Bind(DataViewSchema inputSchema)
    {
        _model.ThrowIfDisposed();
        return new(_model, _labels, _columns, inputSchema);
    }

    private static VersionInfo Version() => FirstVersion("PPNPOOL ", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static PooledImageClassifierTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        Libtorch.Require();
        SavedPooled saved = PooledEntries.Read(ctx, ComputeDevice.Choose(wanted: null, env));
        return new(saved.Model, saved.Labels, saved.Columns, saved.BatchSize);
    }
}
