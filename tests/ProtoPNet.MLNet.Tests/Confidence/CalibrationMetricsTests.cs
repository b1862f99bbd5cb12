using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Confidence;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Confidence;

public class CalibrationMetricsTests
{
    /// <summary>Four predictions at 0.9 of which three are right, and two at 0.55 of which one is.</summary>
    private static readonly float[][] s_probabilities =
        [[0.9f, 0.1f], [0.9f, 0.1f], [0.9f, 0.1f], [0.1f, 0.9f], [0.55f, 0.45f], [0.45f, 0.55f]];
    private static readonly int[] s_labels = [0, 0, 1, 1, 0, 0];

    [Fact]
    public void The_expected_error_is_the_mean_gap_between_confidence_and_accuracy()
    {
        CalibrationMetrics metrics = CalibrationMetrics.Of(s_probabilities, s_labels, bins: 5);
        Assert.Equal(6, metrics.Photographs);
        Assert.Equal([0, 0, 2, 0, 4], metrics.Bins.Select(bin => bin.Photographs));
        Assert.Equal((0.55, 0.5), (metrics.Bins[2].Confidence, metrics.Bins[2].Accuracy), Near);
        Assert.Equal((0.9, 0.75), (metrics.Bins[4].Confidence, metrics.Bins[4].Accuracy), Near);
        Assert.Equal((2 * 0.05 + 4 * 0.15) / 6, metrics.ExpectedError, 1e-6);
        Assert.Equal(4.0 / 6, metrics.Accuracy, 1e-9);
        Assert.Equal((2 * 0.55 + 4 * 0.9) / 6, metrics.Confidence, 1e-6);
    }

    [Fact]
    public void Certainty_belongs_to_the_last_bin()
        => Assert.Equal(1, CalibrationMetrics.Of([[0f, 1f]], [1]).Bins[^1].Photographs);

    [Fact]
    public void What_is_no_probability_or_no_class_is_refused()
    {
        Assert.Throws<ArgumentException>(() => CalibrationMetrics.Of([], []));
        Assert.Throws<ArgumentException>(() => CalibrationMetrics.Of([[0.5f, 0.5f]], [2]));
        Assert.Throws<ArgumentException>(() => CalibrationMetrics.Of([[float.NaN, 0.5f]], [0]));
        Assert.Throws<ArgumentException>(() => CalibrationMetrics.Of([[3f, -2f]], [0])); // logits
    }

    [Fact]
    public void Scored_rows_of_any_classifier_can_be_measured()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(s_labels.Zip(s_probabilities).Select(row => new Row { Name = $"class {row.First}", Score = row.Second }).ToList());
        IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Label", "Name", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Fit(rows).Transform(rows);
        Assert.Equal(
            CalibrationMetrics.Of(s_probabilities, s_labels).ExpectedError, ml.MulticlassClassification.EvaluateCalibration(keyed).ExpectedError);
        Assert.Throws<ArgumentOutOfRangeException>(() => ml.MulticlassClassification.EvaluateCalibration(rows));
    }

    private static bool Near((double, double) a, (double, double) b) => Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6;

    private sealed class Row
    {
        public string Name { get; set; } = "";

        [VectorType(2)]
        public float[] Score { get; set; } = [];
    }
}
