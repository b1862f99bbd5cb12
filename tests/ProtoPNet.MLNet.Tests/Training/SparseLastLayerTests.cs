using Microsoft.ML;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Prototypes without any weight leave the network after the last layer has been fitted.</summary>
public sealed class SparseLastLayerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prototypes_that_the_last_layer_does_not_need_leave_and_the_others_stay_as_they_are()
    {
        ImageDataset birds = SmallBirds.Write(_folder.Path);
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(birds.Train);
        var read = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));
        IDataView train = read.Fit(rows).Transform(rows);
        using ProtoPNetTransformer all = Fit(new LastLayerFit(4e-2));
        using ProtoPNetTransformer few = Fit(new LastLayerFit(4e-2) { OwnClass = new OwnClassPenalty.Sparse(0.1) });

        Assert.Equal(24, all.Prototypes.Count);
        Assert.Null(all.TrainingReport!.Phases[^1].Removal);
        PhaseReport report = few.TrainingReport!.Phases[^1];
        Assert.InRange(few.Prototypes.Count, SmallBirds.Species, 23); // how many leave depends on rounding in training
        Assert.Equal(new PrototypeRemoval(24, 24 - few.Prototypes.Count, report.Removal!.Spared), report.Removal);
        Assert.Equal(few.Prototypes.Count, report.Removal.Left);
        Assert.Empty(report.Removal.Spared);
        Assert.Equal(SmallBirds.Species, few.Prototypes.Select(p => p.ClassName).Distinct().Count());
        Assert.InRange(report.LastLayer!.RelativeGap, 0, 1e-6);
        foreach (Prototype left in few.Prototypes)
        {
            Assert.Contains(Enumerable.Range(0, SmallBirds.Species), k => few.Weight(k, left.Index) != 0);
            Assert.Contains(all.Prototypes, p => p.ClassName == left.ClassName && Same(p.Source!, left.Source!));
        }

        AnalysedImage[] images = [.. birds.Train.Select(bird
            => AnalysedImage.FromFile(bird.ImagePath, null, Path.Combine(birds.Folder, bird.ImagePath)))];
        Assert.True(few.Inspect(images, images, TestContext.Current.CancellationToken).Passed);

        string path = Path.Combine(_folder.Path, "model.zip");
        ml.Model.Save(few, train.Schema, path);
        using var loaded = (ProtoPNetTransformer)ml.Model.Load(path, out _);
        Assert.Equal(new LastLayerPenalties(4e-2, new OwnClassPenalty.Sparse(0.1)), loaded.Inside().Penalties);
        Assert.NotNull(few.UsualFamiliarity);
        Assert.Equal(few.UsualFamiliarity, loaded.UsualFamiliarity);
        LocalReport page = loaded.ExplainAsReport(File.ReadAllBytes(Path.Combine(birds.Folder, birds.Test[0].ImagePath)), "bird.png");
        Assert.Equal(few.UsualFamiliarity, page.Explanation.UsualFamiliarity);
        Assert.Contains("half of the training photographs have more than <data class=\"usual\"", page.Html(), StringComparison.Ordinal);
        Assert.Equal(
            ml.MulticlassClassification.Evaluate(few.Transform(train)).LogLoss,
            ml.MulticlassClassification.Evaluate(loaded.Transform(train)).LogLoss);

        ProtoPNetTransformer Fit(LastLayerFit phase)
        {
            ProtoPNetTrainer.Options options = SmallBirds.Options();
            options.PrototypesPerClass = 8;
            options.Schedule = options.ScheduleFor(2) with { Phases = [new Joint(5) { BatchSize = 12 }, new Projection(), phase] };
            return ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(train);
        }
    }

    [Fact]
    public void A_class_that_would_lose_all_prototypes_keeps_one_and_the_report_names_it()
    {
        using TrainingImages images = SmallRun.Pictures();
        List<PhaseReport> reports = [];
        List<int> left = [];
        Assert.NotNull(SmallRun.Train(
            images,
            new()
            {
                Phases =
                [
                    new Projection(), new LastLayerFit(10) { OwnClass = new OwnClassPenalty.Sparse(100) },
                    new Joint(1), new Projection(), new LastLayerFit(1e-3),
                ],
                Augmentation = Augmentation.None,
            },
            folder: null,
            phaseEnded: (state, report) =>
            {
                reports.Add(report);
                left.Add(state.Network.Architecture.Prototypes);
                Assert.Equal(left[^1], state.Projected.Count);
            }));
        Assert.Equal([12, 3, 3, 3, 3], left);
        Assert.Equal("3 of 12 prototypes remain; a, b, c would have none left and keep one", reports[1].Removal!.ToString());
        Assert.All(reports.Where((_, i) => i != 1), report => Assert.Null(report.Removal));
    }

    [Fact]
    public void Pruning_reports_how_many_prototypes_it_removed()
    {
        using TrainingImages images = SmallRun.Pictures();
        List<PhaseReport> reports = [];
        int left = 0;
        SmallRun.Train(
            images, new() { Phases = [new Projection(), new PrototypePruning(3, 3)] }, folder: null, phaseEnded: (state, report) =>
            {
                reports.Add(report);
                left = state.Network.Architecture.Prototypes;
            });
        Assert.InRange(left, 3, 11);
        Assert.Equal((12, left), (reports[1].Removal!.Before, reports[1].Removal!.Left));
    }

    private static bool Same(PrototypeSource a, PrototypeSource b)
        => (a.Row, a.ImageId, a.CellRow, a.CellColumn) == (b.Row, b.ImageId, b.CellRow, b.CellColumn)
            && (a.Box, a.ReceptiveField) == (b.Box, b.ReceptiveField) && a.Picture.Span.SequenceEqual(b.Picture.Span) && a.Thumbnail.Span.SequenceEqual(b.Thumbnail.Span);
}
