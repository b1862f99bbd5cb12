using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>Pages as strings: self-contained, names never executed, numbers that add up.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly TrainedProtoPNet _model = Birds.Model();

    [Fact]
    public void Pages_refer_to_nothing_outside()
    {
        foreach (string html in new[] { Birds.Report(_model).Html(), Birds.Gallery(_model).Html(), Training().Html("birds") })
        {
            Assert.DoesNotContain("http:", html, StringComparison.Ordinal);
            Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
            Assert.All(References().Matches(html), match => Assert.Matches("^(data:|#|case-)", match.Groups[1].Value));
        }
    }

    [Fact]
    public void Names_are_text_and_never_markup()
    {
        foreach (string html in new[] { Birds.Report(_model).Html(), Birds.Gallery(_model).Html() })
        {
            Assert.DoesNotContain("alert('", html, StringComparison.Ordinal);
            Assert.Contains("&lt;script&gt;alert(&#39;Wren&#39;)", html, StringComparison.Ordinal);
            Assert.Single(Scripts().Matches(html));
        }
    }

    [Fact]
    public void Points_and_the_remaining_prototypes_add_up_to_the_logit()
    {
        LocalReport report = new(_model.Explain(Birds.Paint(101)), Birds.Paint(101), "bird", new() { PrototypesPerClass = 2 });
        Assert.Equal(3, report.Evidence.Count);
        Assert.All(report.Evidence, evidence =>
        {
            Assert.Equal(2, evidence.Evidence.Count);
            Assert.Equal(evidence.Class.Logit, evidence.Evidence.Sum(line => line.Points) + evidence.Remaining.Points, 1e-4);
        });
        Assert.All(report.Contrasts, contrast => Assert.Equal(contrast.Class.Logit - contrast.Other.Logit, contrast.Sum, 1e-4));
    }

    [Fact]
    public void Json_has_every_figure_of_the_explanation()
    {
        LocalReport report = Birds.Report(_model);
        JsonElement json = JsonDocument.Parse(report.Json()).RootElement;
        JsonElement first = json.GetProperty("evidence")[0];
        Assert.Equal(report.Explanation.Predicted.Name, json.GetProperty("predicted").GetString());
        Assert.Equal(report.Evidence[0].Evidence.Count, first.GetProperty("prototypes").GetArrayLength());
        Assert.Equal(report.Evidence[0].Sum, first.GetProperty("sum").GetDouble(), 1e-9);
        Assert.All(first.GetProperty("prototypes").EnumerateArray(), line
            => Assert.Equal(
                line.GetProperty("points").GetDouble(),
                line.GetProperty("similarity").GetDouble() * line.GetProperty("weight").GetDouble(), 1e-5));
        Assert.Equal(report.Masked[0].After, first.GetProperty("prototypes")[0].GetProperty("paintedOver").GetProperty("after").GetSingle());
    }

    [Fact]
    public void The_page_says_what_a_prototype_points_at_if_that_was_measured()
    {
        foreach (string html in new[] { Birds.Report(Birds.Trusted(_model)).Html(), Birds.Gallery(Birds.Trusted(_model)).Html() })
        {
            Assert.Contains(">points at the crown in 27 of 30 photographs</p>", html, StringComparison.Ordinal);
            Assert.Contains(">points at no part reliably: the tail in 12 of 30 photographs</p>", html, StringComparison.Ordinal);
            Assert.Contains(">50 % of its nearest photographs are of its class</p>", html, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("class=\"trust\"", Birds.Report(_model).Html(), StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_of_less_than_5_percent_of_all_points_is_folded_away()
    {
        LocalExplanation explanation = _model.Explain(Birds.Paint(100));
        Evidence Line(int prototype, float points) => new(explanation.Activations[prototype], points / explanation.Activations[prototype].Similarity);
        ClassEvidence Of(params float[] points)
            => new(explanation.Predicted, [.. points.Select((one, j) => Line(j, one))], new(3, Positive: 10, Negative: -10));
        // 5 % of 100 is 5, whatever the sign.
        Assert.Equal([2, 3], EvidenceMarkup.Negligible(Of(40, 26, 4, -4, -6)).Select(line => line.Activation.Prototype.Index));
        Assert.Empty(EvidenceMarkup.Negligible(Of(40, 30, 10)));
    }

    [Fact]
    public void A_prototype_that_fires_alike_everywhere_has_no_box_and_nothing_to_paint_over()
    {
        TrainedProtoPNet flat = new(_model.Network, _model.ClassNames, _model.Prototypes);
        int prototypes = flat.Prototypes.Count;
        float[,,] maps = new float[prototypes, 4, 4];
        for (int j = 0; j < prototypes; j++)
            for (int cell = 0; cell < 16; cell++) maps[j, cell / 4, cell % 4] = 2 + (j == 0 && cell == 5 ? 1 : 0.001f * cell);
        LocalExplanation explanation = new(flat.Head, ReceptiveField.Of(flat.Architecture), maps, alike: null);
        Assert.False(explanation.Activations[0].Everywhere);
        Assert.All(explanation.Activations.Skip(1), activation => Assert.True(activation.Everywhere));
        Assert.Equal(new(0, 96, 0, 96), explanation.Activations[1].Box);
        LocalReport report = new(explanation, Birds.Paint(1), "bird");
        string html = report.Html();
        Assert.Equal(prototypes - 1, Everywhere().Count(html));
        Assert.Equal(prototypes - 1, Regex.Count(html, " data-everywhere"));
        JsonElement line = JsonDocument.Parse(report.Json()).RootElement.GetProperty("evidence").EnumerateArray()
            .Single(evidence => evidence.GetProperty("classIndex").GetInt32() == 0).GetProperty("prototypes");
        Assert.Equal(3, line.EnumerateArray().Count(one => one.GetProperty("box").ValueKind == JsonValueKind.Null));
    }

    [GeneratedRegex("alike everywhere")]
    private static partial Regex Everywhere();

    [Fact]
    public void The_page_says_what_a_patch_can_see()
    {
        LocalReport report = Birds.Report(_model);
        Assert.Contains(
            $"sees {report.Explanation.FieldOfView} × {report.Explanation.FieldOfView} pixels of the 96 × 96",
            report.Html(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_are_png_files_under_safe_names()
    {
        using TemporaryFolder folder = new();
        LocalReport report = Birds.Report(_model);
        IReadOnlyList<string> paths = report.WritePictures(folder.In("pictures"));
        Assert.Equal(1 + 3 * report.Evidence.Sum(evidence => evidence.Evidence.Count), paths.Count);
        Assert.All(paths, path => Assert.Equal(0x89, File.ReadAllBytes(path)[0]));
        Assert.All(paths, path => Assert.Matches("^[\\w-]+\\.png$", Path.GetFileName(path)));
    }

    /// <summary>"Grey heron", "grey-heron" and "Grey.heron" give the same file name.</summary>
    [Fact]
    public void Pictures_of_classes_with_names_alike_do_not_replace_each_other()
    {
        using TemporaryFolder folder = new();
        string[] alike = ["Grey heron", "grey-heron", "Grey.heron", "Grey_heron", "grey heron", "Grey+heron", "Grey/heron", "Grey:heron"];
        var model = new TrainedProtoPNet(
            _model.Network, [.. _model.ClassNames.Select((name, k) => k < alike.Length ? alike[k] : name)], _model.Prototypes);
        LocalReport report = Birds.Report(model);
        IReadOnlyList<string> paths = report.WritePictures(folder.In("pictures"));
        Assert.Equal(1 + 3 * report.Evidence.Sum(evidence => evidence.Evidence.Count), paths.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void Pages_stay_small()
    {
        Assert.InRange(Birds.Report(_model).Html().Length, 1, 1_000_000);
        Assert.InRange(Birds.Gallery(_model).Html().Length, 1, _model.Prototypes.Count * 120_000);
    }

    [Fact]
    public void A_model_without_sources_has_pages_too()
    {
        TrainedProtoPNet bare = new(_model.Network, _model.ClassNames, [.. _model.Prototypes.Select(prototype => prototype with { Source = null })]);
        Assert.Contains("no picture in the model", bare.Report(Birds.Paint(100), "bird").Html(), StringComparison.Ordinal);
        Assert.Contains("is not recorded", Gallery.Of(bare, "bare", []).Html(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_training_page_has_a_point_for_every_epoch()
    {
        TrainingReport report = Training();
        string html = report.Html("birds");
        string points = Polyline().Match(html).Groups[1].Value;
        Assert.Equal(report.Phases.Sum(phase => phase.Epochs.Count), points.Split(' ').Length);
        Assert.Contains(report.Phases[^1].LastLayer!.Objective.ToString("R", CultureInfo.InvariantCulture), html, StringComparison.Ordinal);
    }

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Losses_of_held_out_images_are_shown_next_to_those_of_training_views()
    {
        TrainingReport report = Training();
        Assert.DoesNotContain("loss, held-out images", report.Html("birds"));
        EpochMetrics[] epochs = [.. report.Phases[0].Epochs.Select(e => e with { ValidationLoss = 4.75, ValidationCrossEntropy = 2.25 })];
        report = report with { Phases = [report.Phases[0] with { Epochs = epochs }, .. report.Phases.Skip(1)] };
        Assert.Contains("loss, held-out images <b>4.75</b>", report.Html("birds"));
        Assert.Contains("cross entropy, nats, held-out images <b>2.25</b>", report.Html("birds"));

        string[] lines = report.Phases.ToCsv().Split('\n');
        string[] heading = lines[0].Split(',');
        Assert.All(lines[..^1], line => Assert.Equal(heading.Length, line.Split(',').Length));
        Assert.Equal(("4.75", "2.25"), At(1));
        Assert.Equal(("", ""), At(9));

        (string, string) At(int line) => (lines[line].Split(',')[Array.IndexOf(heading, "validation_loss")],
            lines[line].Split(',')[Array.IndexOf(heading, "validation_cross_entropy")]);
    }

    internal static TrainingReport Training()
    {
        static EpochMetrics Epoch(int i)
            => new(3.0 / (i + 1), 2.0 / (i + 1), 0.8 / (i + 1), 0.3 + 0.05 * i, 1, 10, 1 - 0.8 / (i + 1), 0.9 - 0.7 / (i + 1));
        LastLayerCertificate proof = new()
        {
            Objective = 0.0164861,
            DualBound = 0.01648609,
            CrossEntropy = 0.012,
            Accuracy = 1,
            Iterations = 21,
            HessianProducts = 300,
            OffClassWeights = 900,
            OffClassZeros = 819,
            Elapsed = TimeSpan.FromSeconds(0.8),
            Stopped = StoppingReason.Converged,
        };
        return new(
            [
                new(new WarmUp(8), 95, 410, 0.81, [.. Enumerable.Range(0, 8).Select(Epoch)], null, null),
                new(new Joint(4), 420, 38, 0.84, [.. Enumerable.Range(8, 4).Select(Epoch)], null, null),
                new(new Projection(), 14, 0, 0.7, [], null, null),
                new(new LastLayerFit(3e-3), 6, 0, 0.83, [], proof, null),
            ],
            [], 270, 30, TimeSpan.FromSeconds(535));
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]{0,40})")]
    private static partial Regex References();

    [GeneratedRegex("<script", RegexOptions.IgnoreCase)]
    private static partial Regex Scripts();

    [GeneratedRegex("polyline class=\"s0\" points=\"([^\"]*)\"")]
    private static partial Regex Polyline();
}
