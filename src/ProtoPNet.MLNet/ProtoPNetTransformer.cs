using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Scoring;

[assembly: LoadableClass(typeof(ProtoPNetTransformer), null, typeof(SignatureLoadModel), "ProtoPNet", ProtoPNetTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>
/// A trained ProtoPNet in an ML.NET pipeline: reads a column of photographs, adds class probabilities, the predicted class and the
/// similarities to the prototypes.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term><c>Image</c> (in)</term><description><see cref="MLImage"/>, or a vector of encoded bytes as <c>LoadRawImageBytes</c>
/// makes</description></item>
/// <item><term><c>Score</c></term><description>vector of K <see cref="float"/>: probabilities (softmax of the logits), slot names =
/// classes</description></item>
/// <item><term><c>PredictedLabel</c></term><description>key, with the label's values as <c>KeyValues</c></description></item>
/// <item><term><c>Similarities</c></term><description>vector of P <see cref="float"/>: the similarity to each prototype, slot names such as
/// <c>Cardinal #3</c></description></item>
/// </list>
/// Rows are scored a batch ahead of the one that is read. Several threads may use one transformer at once. Dispose of it to free the
/// network's memory; a <c>PredictionEngine</c> does so unless <c>PredictionEngineOptions.OwnsTransformer</c> is false.
/// </remarks>
public sealed class ProtoPNetTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "ProtoPNetTransformer";

    private readonly ClassLabels _labels;
    private readonly ColumnNames _columns;
    private readonly int _batchSize;
    private volatile bool _disposed;

    internal ProtoPNetTransformer(TrainedProtoPNet model, ClassLabels labels, ColumnNames columns, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (Model, _labels, _columns, _batchSize) = (model, labels, columns, batchSize);
    }

    /// <summary>The names of the K classes, in the order of the slots of <c>Score</c>.</summary>
    public IReadOnlyList<string> ClassNames => Model.ClassNames;

    /// <summary>The P prototypes, in the order of the slots of <c>Similarities</c>.</summary>
    public IReadOnlyList<Prototype> Prototypes => Model.Prototypes;

    /// <summary>The name of the column of photographs.</summary>
    public string ImageColumnName => _columns.Image;

    /// <summary>The name of the column of class probabilities.</summary>
    public string ScoreColumnName => _columns.Score;

    /// <summary>The name of the column of predicted keys.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <summary>The name of the column of similarities.</summary>
    public string SimilaritiesColumnName => _columns.Similarities;

    /// <summary>What happened in training; null in a model that was loaded from a file.</summary>
    public TrainingReport? TrainingReport { get; internal init; }

    /// <summary>The weight of a prototype in the logit of a class: its similarity times this is its points.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such class or prototype.</exception>
    public float Weight(int classIndex, int prototypeIndex) => Alive.LastLayerWeights[classIndex, prototypeIndex];

    /// <summary>Why the model says what it says of one photograph.</summary>
    /// <param name="image">The photograph, cropped as those that the model was trained on.</param>
    /// <exception cref="UnreadableImageException">The image has a pixel format that is not known.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public LocalExplanation Explain(MLImage image) => Alive.Explain(PhotographFile.CheckSize(ImageCodec.FromMLImage(image)));

    /// <summary>Why the model says what it says of one photograph.</summary>
    /// <param name="encoded">The bytes of a JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <exception cref="UnreadableImageException">The bytes are no image, or a damaged one.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public LocalExplanation Explain(ReadOnlyMemory<byte> encoded) => Alive.Explain(PhotographFile.Decode(encoded));

    internal TrainedProtoPNet Model { get; }

    /// <summary>The same columns with another model of the same classes.</summary>
    internal ProtoPNetTransformer With(TrainedProtoPNet model) => new(model, _labels, _columns, _batchSize);

    /// <summary>The model, if it has not been disposed of.</summary>
    internal TrainedProtoPNet Alive
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Model;
        }
    }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>The input's rows with three more columns, computed as they are read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or holds no images.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new LookAheadView(Bind(input.Schema), input, _batchSize);
    }

    bool ITransformer.IsRowToRowMapper => true;

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Bind(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        ModelEntries.Write(ctx, new(Alive, _labels, _columns, _batchSize));
    }

    /// <summary>Frees the network. Scoring afterwards throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        Model.Dispose();
    }

    private ScoreColumns Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new(Alive, _labels, _columns, inputSchema);
    }

    private static VersionInfo Version() => new(
        modelSignature: "PROTOPNT", verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(ProtoPNetTransformer).Assembly.GetName().Name, // the simple name: later versions read it too
        loaderSignature: LoaderSignature);

    /// <summary>Found by ML.NET when it meets <see cref="LoaderSignature"/> in a model file.</summary>
    private static ProtoPNetTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        SavedModel saved = ModelEntries.Read(ctx, ComputeDevice.Choose(wanted: null, env));
        return new(saved.Model, saved.Labels, saved.Columns, saved.BatchSize);
    }
}
