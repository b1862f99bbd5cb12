using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Confidence;

public class ConfidenceReportTests
{
    [Fact]
    public void The_area_counts_the_pairs_in_order_and_half_of_the_ties()
    {
        // Of the six pairs, (3, 1), (3, 2), (2, 1) are in order, (2, 2) is tied, (0, 1) and (0, 2) are not.
        NoveltyMetrics metrics = NoveltyMetrics.Of([3, 2, 0], [1, 2]);
        Assert.Equal((3, 2, 3.5 / 6), (metrics.Known, metrics.Novel, metrics.Auroc));
        Assert.Equal(1, NoveltyMetrics.Of([5, 6], [1, 2, 3]).Auroc);
        Assert.Throws<ArgumentException>(() => NoveltyMetrics.Of([1], []));
        Assert.Throws<ArgumentException>(() => NoveltyMetrics.Of([float.NaN], [1]));
    }

    [Fact]
    public void Below_a_threshold_there_is_no_answer()
    {
        ScoredPhotograph[] known = [One(0.9f, 3), One(0.8f, 2), One(0.7f, 1), One(0.6f, 0)];
        ConfidenceReport report = ConfidenceReport.Of(known, [0, 1, 0, 1], [One(0.9f, 2.5f), One(0.9f, -1)], temperature: 1, 2);
        AbstentionPoint point = report.Abstention.Single(one => one.Threshold == 2);
        Assert.Equal([0.5, 0.5, 0.5], new[] { point.Answered, point.Accuracy, point.NovelAnswered });
        // 99, 95 and 90 % of four photographs are all four.
        Assert.Equal([0.0, 2.0], report.Abstention.Select(one => one.Threshold));
        Assert.Equal(5.0 / 8, report.ByFamiliarity!.Auroc);
        Assert.Null(report.BeforeTemperature);
    }

    [Fact]
    public void A_threshold_that_is_copied_from_a_table_or_from_a_prediction_keeps_what_it_says()
    {
        // As a float, 0.449435 is a little less than as a double.
        ScoredPhotograph[] known = [One(0.9f, 0.449435f), One(0.8f, 0.6489f)];
        ConfidenceReport report = ConfidenceReport.Of(known, [0, 0], [], temperature: 1, 0.449435);
        Assert.Equal([(0.449, 1.0), (0.449435, 1.0)], report.Abstention.Select(one => (one.Threshold, one.Answered)).Order());
    }

    [Fact]
    public void Before_the_temperature_probabilities_were_those_of_the_undivided_logits()
    {
        // softmax(1.2, 0) at temperature 2 is softmax(0.6, 0).
        float after = (float)(1 / (1 + Math.Exp(-0.6))), before = (float)(1 / (1 + Math.Exp(-1.2)));
        ConfidenceReport report = ConfidenceReport.Of([One(after, 1)], [0], [], temperature: 2);
        Assert.Equal(after, report.Calibration.Confidence, 1e-6);
        Assert.Equal(before, report.BeforeTemperature!.Confidence, 1e-6);
        Assert.Null(report.ByFamiliarity);
    }

    [Fact]
    public void Without_familiarity_calibration_is_measured_and_nothing_abstained_from()
    {
        ScoredPhotograph[] known = [new([0.9f, 0.1f], null), new([0.6f, 0.4f], null)];
        ConfidenceReport report = ConfidenceReport.Of(known, [0, 1], [new([0.7f, 0.3f], null)], temperature: 1);
        Assert.Equal(0.75, report.Calibration.Confidence, 1e-6);
        Assert.Equal(0.5, report.ByProbability!.Auroc);
        Assert.Null(report.ByFamiliarity);
        Assert.Empty(report.Abstention);
        Assert.Contains("no familiarity to abstain by", report.Html("both"), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ConfidenceReport.Of(known, [0, 1], [], temperature: 1, 2));
        Assert.Throws<ArgumentException>(() => ConfidenceReport.Of(known, [0, 1], [One(0.9f, 1)], temperature: 1));
    }

    [Fact]
    public void The_page_shows_the_figures_and_no_script()
    {
        string page = ConfidenceReport.Of([One(0.9f, 3), One(0.6f, 2)], [0, 1], [One(0.9f, 1)], temperature: 1.5).Html("<birds>");
        Assert.Contains("&lt;birds&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<data class=\"auroc\" value=\"1\">", page, StringComparison.Ordinal);
        Assert.Contains("<data class=\"temperature\" value=\"1.5\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>\n", page, StringComparison.Ordinal);
    }

    private static ScoredPhotograph One(float probability, float familiarity) => new([probability, 1 - probability], familiarity);
}
