using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(typeof(AbstainingTransformer), null, typeof(SignatureLoadModel), "Abstention", AbstainingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Says "unknown" where a photograph looks like nothing that the model knows; see <see cref="AbstainingEstimator"/>.</summary>
public sealed class AbstainingTransformer : RowByRowTransformer
{
    /// <summary>The answer where the familiarity is below the threshold.</summary>
    public const string Unknown = "unknown";

    /// <summary>The usual number of prototypes, for models that know their familiarity only as the mean similarity to the nearest ones.</summary>
    public const int UsualNearest = 5;

    internal const string LoaderSignature = "ProtoPNetAbstention";

    private readonly AbstentionNames _names;

    internal AbstainingTransformer(float threshold, int nearest, AbstentionNames names) => (Threshold, Nearest, _names) = (threshold, nearest, names);

    /// <summary>The lowest familiarity that is answered.</summary>
    public float Threshold { get; }

    /// <summary>If it goes by vectors: the number of highest values whose mean counts.</summary>
    public int Nearest { get; }

    /// <summary>The name of the column of what it goes by.</summary>
    public string FamiliarityColumnName => _names.Familiarity;

    /// <summary>The name of the column of answers.</summary>
    public string AnswerColumnName => _names.Answer;

    /// <summary>What goes by the same with another threshold.</summary>
    /// <param name="threshold">The lowest familiarity that is answered, a finite number.</param>
    /// <exception cref="ArgumentException">The threshold is not finite.</exception>
    public AbstainingTransformer WithThreshold(float threshold)
    {
        CheckThreshold(threshold);
        return new(threshold, Nearest, _names);
    }

    /// <exception cref="ArgumentException">The threshold is not finite.</exception>
    internal static void CheckThreshold(float threshold)
    {
        if (!float.IsFinite(threshold)) throw new ArgumentException($"The threshold is {threshold}; it must be a finite number.", nameof(threshold));
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        ctx.Writer.Write(Threshold);
        ctx.Writer.Write(Nearest);
        foreach (string name in (string[])[_names.Source, _names.PredictedLabel, _names.Familiarity, _names.Answer]) ctx.SaveNonEmptyString(name);
    }

    private protected override AddedColumns Bind(DataViewSchema inputSchema)
        => new AbstainingColumns(inputSchema, _names, Threshold, Nearest, Unknown);

    private static VersionInfo Version() => FirstVersion("PPNABST ", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static AbstainingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        (float threshold, int nearest) = (ctx.Reader.ReadSingle(), ctx.Reader.ReadInt32());
        if (!float.IsFinite(threshold) || nearest < 1)
            throw new FormatException($"The model abstains below a familiarity of {threshold}, of vectors the mean of the {nearest} highest: it is damaged.");
        return new(threshold, nearest,
            new(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString()));
    }
}
