using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Randomness;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Confidence;

public class CalibrationMetricsTests
{
    /// <summary>Four predictions at 0.9 of which three are right, and two at 0.55 of which one is.</summary>
    private static readonly float[][] s_probabilities =
        [[0.9f, 0.1f], [0.9f, 0.1f], [0.9f, 0.1f], [0.1f, 0.9f], [0.55f, 0.45f], [0.45f, 0.55f]];
    private static readonly int[] s_labels = [0, 0, 1, 1, 0, 0];
    private static readonly int[] s_choose4 = [1, 4, 6, 4, 1];

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

    /// <summary>Two at 0.55: |0 − 0.55|, |0.5 − 0.55|, |1 − 0.55| with their probabilities; in the same way four at 0.9.</summary>
    [Fact]
    public void The_error_by_chance_is_what_right_probabilities_have_on_average()
    {
        CalibrationMetrics metrics = CalibrationMetrics.Of(s_probabilities, s_labels, bins: 5);
        double two = 0.45 * 0.45 * 0.55 + 2 * 0.55 * 0.45 * 0.05 + 0.55 * 0.55 * 0.45, four = 0;
        for (int right = 0; right <= 4; right++)
            four += s_choose4[right] * Math.Pow(0.9, right) * Math.Pow(0.1, 4 - right) * Math.Abs(right / 4.0 - 0.9);
        Assert.Equal(two, metrics.Bins[2].GapByChance, 1e-6);
        Assert.Equal(four, metrics.Bins[4].GapByChance, 1e-6);
        Assert.Equal((2 * two + 4 * four) / 6, metrics.ErrorByChance, 1e-6);
        Assert.Equal(0, metrics.Bins[0].GapByChance);
        Assert.Equal(0, CalibrationMetrics.Of([[0f, 1f]], [1]).ErrorByChance);
    }

    [Fact]
    public void Right_probabilities_have_about_the_error_by_chance()
    {
        var random = new DeterministicRandom(1);
        double measured = 0, told = 0;
        for (int run = 0; run < 200; run++)
        {
            float[][] probabilities = [.. Enumerable.Range(0, 300).Select(_ => 0.5f + 0.5f * (float)random.NextDouble()).Select(p => new[] { p, 1 - p })];
            int[] labels = [.. probabilities.Select(p => random.NextDouble() < p[0] ? 0 : 1)];
            CalibrationMetrics metrics = CalibrationMetrics.Of(probabilities, labels);
            (measured, told) = (measured + metrics.ExpectedError / 200, told + metrics.ErrorByChance / 200);
        }
        Assert.InRange(measured / told, 0.95, 1.05);
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
