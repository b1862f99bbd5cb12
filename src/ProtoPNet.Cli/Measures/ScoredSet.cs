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
/// <param name="Rows">The same as rows, in memory.</param>
/// <param name="Seconds">The time that reading and scoring took.</param>
internal sealed record ScoredSet(IReadOnlyList<ScoredPhotograph> Photographs, IReadOnlyList<int> Labels, IDataView Rows, double Seconds)
{
    public static ScoredSet Of(ModelFile model, ImageDataset dataset, IReadOnlyList<ImageRecord> records)
    {
        var ml = new MLContext(seed: 1);
        var watch = Stopwatch.StartNew();
        IDataView rows = model.Pipeline.Transform(ml.Rows(dataset, records));
        // The threshold decides nothing here: familiarities are compared afterwards.
        AbstainingEstimator familiarity = model.Pooled is null ? ml.Transforms.AbstainBelow(0) : ml.Transforms.AbstainBelow(0, 1, "Score");
        IDataView scored = ml.Data.Cache(familiarity.Fit(rows).Transform(rows), "Label", "Score", "Familiarity");
        List<ScoredPhotograph> photographs = [];
        List<int> labels = [];
        using (DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Label"], scored.Schema["Score"], scored.Schema["Familiarity"]]))
        {
            ValueGetter<uint> readLabel = cursor.GetGetter<uint>(scored.Schema["Label"]);
            ValueGetter<VBuffer<float>> readScore = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
            ValueGetter<float> readFamiliarity = cursor.GetGetter<float>(scored.Schema["Familiarity"]);
            (uint label, VBuffer<float> score, float familiar) = (0, default, 0);
            while (cursor.MoveNext())
            {
                readLabel(ref label);
                readScore(ref score);
                readFamiliarity(ref familiar);
                photographs.Add(new([.. score.DenseValues()], familiar));
                labels.Add((int)label - 1);
            }
        }
        return new(photographs, labels, scored, watch.Elapsed.TotalSeconds);
    }

    /// <summary>ML.NET's metrics on those of known class.</summary>
    public MulticlassClassificationMetrics Metrics() => new MLContext(seed: 1).MulticlassClassification.Evaluate(Rows);

    /// <summary>How far the probabilities can be believed.</summary>
    public ConfidenceReport Confidence(ModelFile model, IReadOnlyList<ScoredPhotograph> novel, params IReadOnlyList<double> thresholds)
        => ConfidenceReport.Of(Photographs, Labels, novel, model.Temperature, thresholds);
}
