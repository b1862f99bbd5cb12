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

[assembly: LoadableClass(typeof(ProtoPNetEnsemble), null, typeof(SignatureLoadModel), "ProtoPNet ensemble", ProtoPNetEnsemble.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>One of the models of an ensemble.</summary>
/// <param name="Name">Its name in columns and on pages.</param>
/// <param name="Model">The model.</param>
public sealed record EnsembleMember(string Name, ProtoPNetTransformer Model);

/// <summary>
/// Several ProtoPNets of the same classes as one model: their logits are summed (paper, section 2.4). They may differ in everything else: backbone,
/// image size, normalisation, number of prototypes, order of classes.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term><c>Image</c> (in)</term><description><see cref="MLImage"/>, or a vector of encoded bytes</description></item>
/// <item><term><c>Score</c></term><description>vector of K <see cref="float"/>: softmax of the logits' mean over the members, slot names =
/// classes</description></item>
/// <item><term><c>PredictedLabel</c></term><description>key, with the label's values as <c>KeyValues</c></description></item>
/// <item><term><c>Similarities</c></term><description>vector of <see cref="float"/>: the similarities of all members, one member after the
/// other, slot names such as <c>ResNet18: Cardinal #3</c></description></item>
/// <item><term><c>MemberLogits</c></term><description>M × K <see cref="float"/>: each member's share of the logits; their sum over the members is
/// the logit of the class, slot names such as <c>ResNet18: Cardinal</c></description></item>
/// <item><term><c>Familiarity</c></term><description><see cref="float"/>: the mean of the members' familiarities (<see cref="ProtoPNetTransformer"/>), each
/// for the class that it predicts itself. Missing if <see cref="FamiliarityColumnName"/> is null</description></item>
/// </list>
/// Classes, label values and column names are those of the first member. Several threads may use an ensemble at once.
/// </remarks>
public sealed class ProtoPNetEnsemble : RowByRowTransformer, IDisposable
{
    /// <summary>The name of the column of the members' logits.</summary>
    public const string MemberLogitsColumnName = "MemberLogits";

    internal const string LoaderSignature = "ProtoPNetEnsemble";

    private readonly IReadOnlyList<CombinedModel> _combined;

    private ProtoPNetEnsemble(IReadOnlyList<EnsembleMember> members)
        => (Members, _combined) = (members, CombinedModel.Match([.. members.Select(member => (member.Name, member.Model.Shared))]));

    /// <summary>The models, in order. They belong to the ensemble.</summary>
    public IReadOnlyList<EnsembleMember> Members { get; }

    /// <summary>The names of the K classes, in the order of the slots of <c>Score</c>.</summary>
    public IReadOnlyList<string> ClassNames => First.ClassNames;

    /// <summary>The name of the column of photographs.</summary>
    public string ImageColumnName => First.ImageColumnName;

    /// <summary>The name of the column of class probabilities.</summary>
    public string ScoreColumnName => First.ScoreColumnName;

    /// <summary>The name of the column of predicted keys.</summary>
    public string PredictedLabelColumnName => First.PredictedLabelColumnName;

    /// <summary>The name of the column of similarities.</summary>
    public string SimilaritiesColumnName => First.SimilaritiesColumnName;

    /// <summary>The name of the column of familiarities; null if a member has none (<see cref="ProtoPNetTransformer.FamiliarityColumnName"/>).</summary>
    public string? FamiliarityColumnName => EnsembleColumns.KnowFamiliarity(_combined) ? First.Columns.Familiarity : null;

    private ProtoPNetTransformer First => Members[0].Model;

    /// <summary>Combines models, named after their backbones.</summary>
    /// <param name="models">At least two. They belong to the ensemble, which disposes of them.</param>
    /// <exception cref="ArgumentException">There are fewer than two, one appears twice, or their classes differ; the message names the
    /// classes.</exception>
    public static ProtoPNetEnsemble Of(params ProtoPNetTransformer[] models)
    {
        ArgumentNullException.ThrowIfNull(models);
        string[] backbones = [.. models.Select(model =>
        {
            ArgumentNullException.ThrowIfNull(model, nameof(models));
            return model.Shared.Architecture.Backbone.Name;
        })];
        return Of(backbones.Select((name, i) => new EnsembleMember(
            backbones.Count(other => other == name) == 1 ? name : $"{name} {backbones.Take(i + 1).Count(other => other == name)}", models[i])));
    }

    /// <summary>Combines models under names of your own.</summary>
    /// <param name="members">At least two, of different names. They belong to the ensemble, which disposes of them.</param>
    /// <exception cref="ArgumentException">There are fewer than two, one or its name appears twice, or their classes differ; the message names the
    /// classes.</exception>
    public static ProtoPNetEnsemble Of(IEnumerable<EnsembleMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        EnsembleMember[] all = [.. members];
        if (all.Length < 2) throw new ArgumentException($"An ensemble needs at least two models; {all.Length} given.", nameof(members));
        foreach (EnsembleMember member in all)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(member?.Name, nameof(members));
            ArgumentNullException.ThrowIfNull(member.Model, nameof(members));
        }
        if (all.Select(member => member.Model).Distinct().Count() < all.Length)
            throw new ArgumentException("The same model is given twice.", nameof(members));
        return new(all);
    }

    /// <summary>Explains the prediction for one photograph: each member's evidence, and its share of the logits.</summary>
    /// <param name="image">The photograph, cropped like the training photographs.</param>
    /// <exception cref="UnreadableImageException">The image has an unknown pixel format.</exception>
    /// <exception cref="ObjectDisposedException">The ensemble has been disposed of.</exception>
    public EnsembleExplanation Explain(MLImage image) => Explain(PhotographFile.CheckSize(ImageCodec.FromMLImage(image)));

    /// <inheritdoc cref="Explain(MLImage)"/>
    /// <param name="encoded">The bytes of a JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <exception cref="UnreadableImageException">The bytes are not an image, or a damaged one.</exception>
    public EnsembleExplanation Explain(ReadOnlyMemory<byte> encoded) => Explain(PhotographFile.Decode(encoded));

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        EnsembleEntries.Write(ctx, [.. Members.Select(member => member.Name)]);
        foreach ((int i, EnsembleMember member) in Members.Index()) ctx.SaveModel<ITransformer>(member.Model, EnsembleEntries.Member(i));
    }

    /// <summary>Disposes of all members, as <see cref="ProtoPNetTransformer.Dispose"/> does.</summary>
    public void Dispose()
    {
        foreach (EnsembleMember member in Members) member.Model.Dispose();
    }

    internal EnsembleExplanation Explain(RgbImage image)
        => new(ClassNames, [.. _combined.Select(member =>
        {
            using SharedModel.Loan loan = member.Model.Borrow();
            return new MemberExplanation(member, loan.Model.Explain(image));
        })]);

    /// <summary>Rows are scored in batches, ahead of reading.</summary>
    private protected override IDataView Over(IDataView input) => new LookAheadView(Bind(input.Schema), input, Members.Min(member => member.Model.BatchSize));

    private protected override EnsembleColumns Bind(DataViewSchema inputSchema)
    {
        foreach (CombinedModel member in _combined) member.Model.ThrowIfDisposed();
        return new(_combined, First.Labels, First.Columns, MemberLogitsColumnName, inputSchema);
    }

    private static VersionInfo Version() => FirstVersion("PPNETENS", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static ProtoPNetEnsemble Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        Libtorch.Require();
        List<EnsembleMember> members = [];
        try
        {
            foreach ((int i, string name) in EnsembleEntries.Read(ctx).Index())
            {
                ctx.LoadModel<ProtoPNetTransformer, SignatureLoadModel>(env, out ProtoPNetTransformer member, EnsembleEntries.Member(i));
                members.Add(new(name, member));
            }
            return Of(members);
        }
        catch (Exception e)
        {
            foreach (EnsembleMember member in members) member.Model.Dispose();
            if (e is ArgumentException) throw new FormatException($"The ensemble cannot be loaded: {e.Message}", e);
            throw;
        }
    }
}
