using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Confidence;

namespace ProtoPNet.Cli.Measures;

/// <summary>What a model says of photographs; each was scored once.</summary>
/// <param name="Photographs">Probabilities and familiarity of each.</param>
/// <param name="Labels">Their classes, 0-based; −1 for classes that the model does not know.</param>
/// <param name="Rows">The same as rows, in memory; of an ensemble also the members' logits.</param>
/// <param name="Seconds">The time that reading and scoring took.</param>
internal sealed record ScoredSet(IReadOnlyList<ScoredPhotograph> Photographs, IReadOnlyList<int> Labels, IDataView Rows, double Seconds)
{
    private const string Familiarity = "Familiarity";

    public static ScoredSet Of(SavedPipeline model, ImageDataset dataset, IReadOnlyList<ImageRecord> records)
    {
        var ml = new MLContext(seed: 1);
        var watch = Stopwatch.StartNew();
        IDataView rows = model.UpToClassifier.Transform(ml.Rows(dataset, records));
        List<string> read = ["Label", "Score"];
        if (model is EnsembleFile) read.Add(ProtoPNetEnsemble.MemberLogitsColumnName);
        bool familiar = false;
        if (model.AbstainBelow(ml.Transforms, 0) is { } familiarity)
        {
            rows = familiarity.Fit(rows).Transform(rows);
            read.Add(Familiarity);
            familiar = true;
        }
        // All of them are read in one pass.
        IDataView scored = ml.Data.Cache(rows, [.. read]);
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        IEnumerable<float?> familiarities = familiar ? scored.GetColumn<float>(Familiarity).Select(one => (float?)one) : new float?[scores.Length];
        ScoredPhotograph[] photographs = [.. scores.Zip(familiarities, (score, one) => new ScoredPhotograph(score, one))];
        int[] labels = [.. scored.GetColumn<uint>("Label").Select(label => (int)label - 1)];
        return new(photographs, labels, scored, watch.Elapsed.TotalSeconds);
    }

    /// <summary>ML.NET's metrics on those of known class.</summary>
    public MulticlassClassificationMetrics Metrics() => new MLContext(seed: 1).MulticlassClassification.Evaluate(Rows);

    /// <summary>How far the probabilities can be believed.</summary>
    public ConfidenceReport Confidence(SavedPipeline model, IReadOnlyList<ScoredPhotograph> novel, params IReadOnlyList<double> thresholds)
        => ConfidenceReport.Of(Photographs, Labels, novel, model.Temperature, thresholds);
}
