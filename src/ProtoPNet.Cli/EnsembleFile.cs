using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli;

/// <summary>A saved ensemble: the pipeline and its models.</summary>
internal sealed class EnsembleFile : PrototypeFile
{
    internal EnsembleFile(string path, ProtoPNetEnsemble ensemble, ITransformer pipeline, DataViewSchema schema) : base(path, pipeline, schema)
        => Ensemble = ensemble;

    public ProtoPNetEnsemble Ensemble { get; }

    public override string Kind
        => "an ensemble, which only 'evaluate', 'predict' and 'explain' take; give the model.zip of one of its members here";

    public override IReadOnlyList<string> ClassNames => Ensemble.ClassNames;

    /// <summary>1: the members' logits have been divided by their own temperatures; their mean has none.</summary>
    public override double Temperature => 1;

    public override IReadOnlyList<(string Name, ProtoPNetTransformer Model)> Models
        => [.. Ensemble.Members.Select(member => (member.Name, member.Model))];

    /// <summary>Writes the models as one ensemble, in the pipeline of the first.</summary>
    /// <param name="models">The models with their names; they then belong to the ensemble.</param>
    /// <param name="path">The file to write.</param>
    /// <returns>The ensemble.</returns>
    /// <exception cref="ArgumentException">The models do not see the same photographs, or not the same classes.</exception>
    public static ProtoPNetEnsemble Write(IReadOnlyList<(string Name, ModelFile File)> models, string path)
    {
        (string firstName, ModelFile first) = models[0];
        foreach ((string name, ModelFile file) in models)
        {
            if (file.Abstention is not null)
                throw new ArgumentException(
                    $"'{name}' abstains by itself, but it is for the ensemble to do so. Combine models as 'protopnet train' writes them.");
            if (file.Crops != first.Crops)
                throw new ArgumentException($"'{(first.Crops ? firstName : name)}' sees photographs cropped to their boxes and "
                    + $"'{(first.Crops ? name : firstName)}' whole ones; the models of an ensemble must see the same.");
            if (!Steps(file).SequenceEqual(Steps(first)))
                throw new ArgumentException($"The pipelines of '{firstName}' and '{name}' differ in their steps; only what 'protopnet train' writes, "
                    + "or pipelines of the same steps and columns, can be combined.");
        }
        ProtoPNetEnsemble ensemble = ProtoPNetEnsemble.Of(models.Select(model => new EnsembleMember(model.Name, model.File.Network)));
        first.SaveWith(ensemble, path);
        return ensemble;
    }

    public override AbstainingEstimator? AbstainBelow(TransformsCatalog catalog, float threshold) => Ensemble.FamiliarityColumnName is { } familiarity
        ? catalog.AbstainBelow(threshold, sourceColumnName: familiarity, predictedLabelColumnName: Ensemble.PredictedLabelColumnName) : null;

    public override ExplainedPhotograph Explain(byte[] encoded, string name, LocalReportOptions options)
    {
        EnsembleReport report = Ensemble.ExplainAsReport(encoded, name, options);
        return new(report.Explanation.Predicted, report.Html, report.Json, folder => report.WritePictures(folder));
    }

    public override void Dispose() => Ensemble.Dispose();

    private static IEnumerable<string> Steps(ModelFile file)
        => file.Parts.Select(part => part is ProtoPNetTransformer network
            ? $"{network.ImageColumnName}, {network.ScoreColumnName}, {network.PredictedLabelColumnName}, {network.SimilaritiesColumnName}"
            : part.GetType().FullName!);
}
