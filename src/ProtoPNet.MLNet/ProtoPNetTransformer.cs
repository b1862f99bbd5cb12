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

[assembly: LoadableClass(typeof(ProtoPNetTransformer), null, typeof(SignatureLoadModel), "ProtoPNet", ProtoPNetTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>
/// A trained ProtoPNet in an ML.NET pipeline: reads a column of photographs and adds class probabilities, the predicted class, the similarities to
/// the prototypes and how familiar it looks.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term><c>Image</c> (in)</term><description><see cref="MLImage"/>, or a vector of encoded bytes, as from
/// <c>LoadRawImageBytes</c></description></item>
/// <item><term><c>Score</c></term><description>vector of K <see cref="float"/>: probabilities (softmax of the logits), slot names =
/// classes</description></item>
/// <item><term><c>PredictedLabel</c></term><description>key, with the label's values as <c>KeyValues</c></description></item>
/// <item><term><c>Similarities</c></term><description>vector of P <see cref="float"/>: the similarity to each prototype, slot names such as
/// <c>Cardinal #3</c></description></item>
/// <item><term><c>Familiarity</c></term><description><see cref="float"/>, 0 … 1 with most backbones: how alike, for the backbone, the patches are where the
/// predicted class's prototypes fire and the patches that these prototypes are (mean cosine of the features). Low where the photograph shows nothing that
/// the model has learned; see <see cref="ProtoPNetCatalog.AbstainBelow"/>. Missing if <see cref="FamiliarityColumnName"/> is null</description></item>
/// </list>
/// Rows are scored in batches, ahead of reading. Several threads may use one transformer at once, and any of them may dispose of it, which frees the
/// network's memory; a <c>PredictionEngine</c> does so unless <c>PredictionEngineOptions.OwnsTransformer</c> is false.
/// </remarks>
public sealed partial class ProtoPNetTransformer : RowByRowTransformer, IDisposable
{
    internal const string LoaderSignature = "ProtoPNetTransformer";

    private readonly ClassLabels _labels;
    private readonly ColumnNames _columns;
    private readonly int _batchSize;
    private readonly SharedModel _model;

    internal ProtoPNetTransformer(TrainedProtoPNet model, ClassLabels labels, ColumnNames columns, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (_model, _labels, _columns, _batchSize) = (new(model, typeof(ProtoPNetTransformer)), labels, columns, batchSize);
    }

    /// <summary>The names of the K classes, in the order of the slots of <c>Score</c>.</summary>
    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    /// <summary>The P prototypes, in the order of the slots of <c>Similarities</c>.</summary>
    public IReadOnlyList<Prototype> Prototypes => _model.Prototypes;

    /// <summary>The name of the column of photographs.</summary>
    public string ImageColumnName => _columns.Image;

    /// <summary>The name of the column of class probabilities.</summary>
    public string ScoreColumnName => _columns.Score;

    /// <summary>The name of the column of predicted keys.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <summary>The name of the column of similarities.</summary>
    public string SimilaritiesColumnName => _columns.Similarities;

    /// <summary>
    /// The name of the column of familiarities; null if the model does not know them: it was trained by an earlier version, imported without the
    /// training photographs of all prototypes, or is still in training (<see cref="ProtoPNetTrainer.Options.PhaseEnded"/>).
    /// </summary>
    public string? FamiliarityColumnName => _model.KnowsFamiliarity ? _columns.Familiarity : null;

    /// <summary>
    /// What familiarity to expect of photographs like those of training; null if the model does not know. Measured at the end of training, on the prototypes
    /// that there were.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public UsualFamiliarity? UsualFamiliarity
    {
        get
        {
            using SharedModel.Loan loan = Borrow();
            return loan.Model.UsualFamiliarity;
        }
    }

    /// <summary>The report of training; null in a model loaded from a file.</summary>
    public TrainingReport? TrainingReport { get; internal init; }

    /// <summary>
    /// The temperature T that the weights of the last layer have been divided by, so that probabilities say how often the model is right; fitted to
    /// images held out of training. 1 if none was.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public double Temperature
    {
        get
        {
            using SharedModel.Loan loan = Borrow();
            return loan.Model.Penalties?.Temperature ?? 1;
        }
    }

    /// <summary>The weight of a prototype in the logit of a class: similarity × weight is its contribution.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such class or prototype.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public float Weight(int classIndex, int prototypeIndex)
    {
        using SharedModel.Loan loan = Borrow();
        return loan.Model.LastLayerWeights[classIndex, prototypeIndex];
    }

    /// <summary>Explains the model's prediction for one photograph.</summary>
    /// <param name="image">The photograph, cropped like the training photographs.</param>
    /// <exception cref="UnreadableImageException">The image has an unknown pixel format.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public LocalExplanation Explain(MLImage image) => Explain(PhotographFile.CheckSize(ImageCodec.FromMLImage(image)));

    /// <summary>Explains the model's prediction for one photograph.</summary>
    /// <param name="encoded">The bytes of a JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <exception cref="UnreadableImageException">The bytes are not an image, or a damaged one.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public LocalExplanation Explain(ReadOnlyMemory<byte> encoded) => Explain(PhotographFile.Decode(encoded));

    /// <summary>The model, for those that hold several.</summary>
    internal SharedModel Shared => _model;

    /// <summary>The classes, in the label's own type.</summary>
    internal ClassLabels Labels => _labels;

    /// <summary>The columns it reads and writes.</summary>
    internal ColumnNames Columns => _columns;

    /// <summary>Rows scored in one pass.</summary>
    internal int BatchSize => _batchSize;

    /// <summary>Borrows the model, which stays in memory until the loan is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    internal SharedModel.Loan Borrow() => _model.Borrow();

    /// <summary>Disposes, and waits for other threads to finish computing.</summary>
    internal void DisposeAndWait() => _model.DisposeAndWait();

    /// <summary>The same columns with another model of the same classes.</summary>
    internal ProtoPNetTransformer With(TrainedProtoPNet model) => new(model, _labels, _columns, _batchSize);

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        using SharedModel.Loan loan = Borrow();
        ModelEntries.Write(ctx, new(loan.Model, _labels, _columns, _batchSize));
    }

    /// <summary>
    /// Frees the network, once other threads have finished computing with it. Later calls that need it throw <see cref="ObjectDisposedException"/>.
    /// May be called repeatedly, by any thread.
    /// </summary>
    public void Dispose() => _model.Dispose();

    private LocalExplanation Explain(RgbImage image)
    {
        using SharedModel.Loan loan = Borrow();
        return loan.Model.Explain(image);
    }

    /// <summary>Rows are scored in batches, ahead of reading.</summary>
    private protected override IDataView Over(IDataView input) => new LookAheadView(Bind(input.Schema), input, _batchSize);

    private protected override ModelColumns Bind(DataViewSchema inputSchema)
    {
        _model.ThrowIfDisposed();
        return new(_model, _labels, _columns, inputSchema);
    }

    private static VersionInfo Version() => FirstVersion("PROTOPNT", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static ProtoPNetTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        Libtorch.Require();
        SavedModel saved = ModelEntries.Read(ctx, ComputeDevice.Choose(wanted: null, env));
        return new(saved.Model, saved.Labels, saved.Columns, saved.BatchSize);
    }
}
