using Microsoft.ML;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Tests.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

/// <summary>Measures of explanations, compared with what is computed by hand from single explanations.</summary>
public sealed class InterpretabilityTests
{
    private const int Side = Models.Side;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Without_annotated_parts_the_measures_that_need_none_are_those_of_single_explanations()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(21);
        InterpretabilityReport report = Measure(model, images);

        Assert.Equal(21, report.Images);
        Assert.Null(report.Consistency);
        Assert.Null(report.Stability);
        Assert.Null(report.PartPurity);
        Assert.Null(report.NoPart);
        LocalExplanation[] alone = [.. images.Select(image => model.Explain(image.Load()))];
        Assert.Equal(alone.Zip(images).Average(p => p.First.Predicted.Index == p.Second.ClassIndex ? 1.0 : 0), report.Accuracy, 1e-9);
        Assert.Equal(alone.Average(e => Pieces(model, e)), report.EvidenceSize, 1e-9);
        GlobalAnalysis near = GlobalAnalysis.Run(model, images, 6, cancellation: Cancel);
        Assert.Equal(near.Prototypes.Average(p => p.Purity!.Value), report.ClassPurity!.Value, 1e-9);
        Assert.Equal(1.0 / Models.PerClass, report.DistinctPlaces, 1e-9); // at 32 pixels all peaks lie in one cell
        Assert.Equal(model.LastLayerWeights.Cast<float>().Count(w => w < 0), report.NegativeWeights);
    }

    [Fact]
    public void A_part_at_every_peak_is_pointed_at_by_every_prototype_and_a_part_elsewhere_by_none()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(12);
        // A picture full of parts of one name would be unfair: here a part lies at the peak of each own prototype, named after it.
        AnalysedImage[] annotated = [.. images.Select(image => image with { Parts = [.. Peaks(model, image).Select(peak
            => new PartPlace($"part {peak.Prototype}", peak.X, peak.Y))] })];
        InterpretabilityReport report = Measure(model, annotated);
        Assert.Equal(1, report.Consistency);
        Assert.Equal(0, report.NoPart);
        Assert.All(report.Prototypes, p => Assert.Equal(4, p.Trust.OwnImages));
        Assert.All(report.Prototypes, p => Assert.Equal((4, 4), (p.Trust.BestPart!.InBox, p.Trust.BestPart.Visible)));

        AnalysedImage[] elsewhere = [.. images.Select(image => image with { Parts = [new("sky", 10_000, 10_000)] })];
        InterpretabilityReport nothing = Measure(model, elsewhere);
        Assert.Equal(0, nothing.Consistency);
        Assert.Equal(1, nothing.NoPart);
        Assert.Equal(1, nothing.Stability); // nothing stays nothing
        Assert.Equal(0, nothing.PartPurity);
    }

    [Fact]
    public void A_box_reaches_36_of_224_pixels_to_each_side_its_edges_included()
    {
        PeakBoxes boxes = new(224);
        AnnotatedInput image = new([new("inside", 100 + 36, 50 - 36), new("right of it", 100 + 36.1f, 50), new("below it", 100, 50 + 36.1f)], 224, 224);
        Assert.Equal(["inside"], boxes.Parts((50, 100), image));
        // In pixels of a photograph twice as wide.
        Assert.Equal(["inside"], boxes.Parts((50, 100), new([new("inside", 2 * 136, 50), new("right of it", 2 * 136.1f, 50)], 448, 224)));
    }

    [Fact]
    public void Noise_changes_the_photograph_alike_whatever_normalisation_the_backbone_wants()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inputs = zeros(2, 3, 32, 32);
        Tensor InColours(InputNormalisation own)
            => Perturbations.Noise(inputs, own, NoiseKind.Stability, 7) * tensor(own.Deviation.ToArray()).view(1, 3, 1, 1);
        Tensor usual = InColours(InputNormalisation.ImageNet);
        Assert.InRange(usual.abs().max().item<float>(), 0.25f * 0.229f - 1e-6f, 0.25f * 0.229f + 1e-6f); // clipped
        Assert.InRange(usual.select(1, 0).std().item<float>(), 0.1f * 0.229f, 0.2f * 0.229f);
        foreach (InputNormalisation own in new[] { InputNormalisation.MinusOneToOne, InputNormalisation.ZeroTo255 })
            Arrays.AssertClose(usual.Floats(), InColours(own).Floats(), 1e-6);
    }

    [Fact]
    public void Parts_move_with_the_cut_of_a_photograph()
    {
        AnalysedImage image = new("bird", 0, () => Models.Picture(1));
        PartPlace part = Assert.Single(image.WithParts([new("beak", 30, 20)], [10.4f, 5.6f, 20, 20]).Parts);
        Assert.Equal(("beak", 20f, 14f), (part.Name, part.X, part.Y));
        Assert.Equal(30, Assert.Single(image.WithParts([new("beak", 30, 20)]).Parts).X);
    }

    [Fact]
    public void Images_of_no_known_class_are_refused()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] strangers = [.. Models.Images(3).Select(image => image with { ClassIndex = null })];
        Assert.Throws<ArgumentException>(() => Measure(model, strangers));
    }

    [Fact]
    public void Images_of_no_known_class_count_only_among_the_nearest()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(20), known = images[..12];
        AnalysedImage[] mixed = [.. known, .. images[12..].Select(image => image with { ClassIndex = null })];
        InterpretabilityOptions none = new() { PerturbOneIn = 1000 };
        InterpretabilityReport alone = InterpretabilityMeasurement.Run(model, known, none, Cancel), beside = InterpretabilityMeasurement.Run(model, mixed, none, Cancel);
        Assert.Equal((12, alone.Accuracy), (beside.Images, beside.Accuracy));
        Assert.Equal((alone.EvidenceSize, alone.Overlap, alone.DistinctPlaces), (beside.EvidenceSize, beside.Overlap, beside.DistinctPlaces));
    }

    [Fact]
    public void Deletion_is_what_single_explanations_say_of_their_painted_boxes()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(20);
        InterpretabilityReport report = Measure(model, images);
        Assert.Equal(20, report.PerturbedImages);
        Assert.Equal(images.Average(image => Fall(model, image.Load())), report.Deletion!.Evidence, 1e-4);
        Assert.NotEqual(report.Deletion.Evidence, report.Deletion.Elsewhere);
        Assert.InRange(report.Completeness!.Similarity, 1e-6, 0.2);
        Assert.InRange(report.Continuity!.Similarity, 1e-6, 0.5);
        Assert.InRange(report.Overlap!.Value, 0.01, 1);
        Assert.Null(report.OnObject);
        Assert.Equal(Models.Classes * Models.PerClass, report.DistinctPrototypes);
    }

    [Fact]
    public void Changing_one_image_in_four_leaves_all_other_measures_as_they_are()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(18);
        InterpretabilityReport all = Measure(model, images), some = InterpretabilityMeasurement.Run(model, images, new() { PerturbOneIn = 4 }, Cancel);
        Assert.Equal(5, some.PerturbedImages); // 0, 4, 8, 12, 16
        Assert.Equal(images.Index().Where(one => one.Index % 4 == 0).Average(one => Fall(model, one.Item.Load())), some.Deletion!.Evidence, 1e-4);
        Assert.Equal(
            (all.Accuracy, all.EvidenceSize, all.Overlap, all.DistinctPlaces), (some.Accuracy, some.EvidenceSize, some.Overlap, some.DistinctPlaces));
        Assert.Equal(all.Prototypes, some.Prototypes);
        Assert.Throws<ArgumentException>(() => InterpretabilityMeasurement.Run(model, images, new() { PerturbOneIn = 0 }, Cancel));
    }

    [Fact]
    public void Equal_prototypes_count_once_and_a_pruned_model_is_measured_alike()
    {
        AnalysedImage[] sources = Models.Images(5), images = Models.Images(12);
        using TrainedProtoPNet model = Models.Make(sources: sources);
        using (no_grad())
        using (Tensor first = model.Network.PrototypeVectors[0], second = model.Network.PrototypeVectors[2]) second.copy_(first);
        InterpretabilityReport report = Measure(model, images);
        Assert.Equal(model.Prototypes.Count - 1, report.DistinctPrototypes);
        using TrainedProtoPNet pruned = model.Without([1, 8]);
        InterpretabilityReport after = Measure(pruned, images);
        Assert.Equal(model.Prototypes.Count - 2, after.Prototypes.Count);
        // What is measured of a prototype does not depend on the others.
        Assert.Equal(report.Prototypes.Where(p => p.Prototype.Index is not (1 or 8)).Select(p => p.Trust), after.Prototypes.Select(p => p.Trust));
    }

    [Fact]
    public void Boxes_on_the_object_are_measured_where_the_object_is_known()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(6);
        InterpretabilityReport Around(ObjectBox box) => Measure(model, images.Select((image, i) => i < 4 ? image with { ObjectBox = box } : image));
        Assert.Equal(1, Around(new(0, 0, 48, 40)).OnObject!.Value, 1e-12);
        Assert.Equal(0, Around(new(48, 40, 10, 10)).OnObject);
        double left = Around(new(0, 0, 24, 40)).OnObject!.Value, right = Around(new(24, 0, 24, 40)).OnObject!.Value;
        Assert.InRange(left, 0.01, 0.99);
        Assert.Equal(1, left + right, 1e-9);
    }

    [Fact]
    public void Only_images_near_a_prototype_are_kept()
    {
        using MLNet.Network.NearestPatches nearest = new(1);
        Assert.Empty(nearest.Images());
        using Tensor first = tensor(new[] { 3f, 1f, 2f }, [3, 1, 1, 1]), second = tensor(new[] { 0.5f, 4f }, [2, 1, 1, 1]);
        nearest.Add(first);
        Assert.Equal([1], nearest.Images());
        nearest.Add(second);
        Assert.Equal([3], nearest.Images());
    }

    [Fact]
    public void Rows_of_a_data_view_are_measured_like_photographs()
    {
        using ProtoPNetTransformer model = SmallModel.Transformer();
        var ml = new MLContext(seed: 1);
        float[] cut = [4, 2, 30, 20];
        PartPlace[] parts = [new("crown", 20, 15), new("tail", 33, 28)];
        IDataView rows = ml.Transforms.Conversion.MapValueToKey("Label", keyData: ml.Data.LoadFromEnumerable(new[] { "Wren", "Robin", "Emu" }
            .Select(name => new { Name = name }))).Fit(Rows(0)).Transform(Rows(9));
        InterpretabilityReport found = model.MeasureInterpretability(rows, new()
        {
            Parts = new("Parts", ["crown", "tail", "leg"]) { CroppedTo = "Cut" },
            ObjectBox = "Around",
        }, cancellation: Cancel);
        InterpretabilityReport expected = model.MeasureInterpretability(Enumerable.Range(0, 9).Select(i
            => new AnalysedImage($"row {i}", i % 3 == 0 ? null : i % 3, () => SmallModel.Picture(i))
            {
                ObjectBox = new(1, 1, 20, 20),
            }.WithParts(parts, cut)), cancellation: Cancel);
        Assert.Equal(expected.Prototypes, found.Prototypes);
        Assert.Equal((expected.Accuracy, expected.OnObject, expected.Deletion), (found.Accuracy, found.OnObject, found.Deletion));
        Assert.NotNull(found.Consistency);
        Assert.NotNull(found.OnObject);
        Assert.Null(model.MeasureInterpretability(rows, new(), cancellation: Cancel).Consistency);

        Assert.Contains("part column 'Part'", Refused(new() { Parts = new("Part", ["crown"]) }), StringComparison.Ordinal);
        Assert.Contains("6 numbers, not an x and a y for each of the 2 parts", Refused(new() { Parts = new("Parts", ["crown", "tail"]) }),
            StringComparison.Ordinal);
        Assert.Contains("expected Key", Refused(new() { Label = "Parts" }), StringComparison.Ordinal);

        string Refused(InterpretabilityColumns columns)
            => Assert.Throws<ArgumentException>(() => model.MeasureInterpretability(rows, columns, cancellation: Cancel)).Message;

        IDataView Rows(int count) => ml.Data.LoadFromEnumerable(SmallModel.Photos(count).Select(photo => new PhotoWithParts
        {
            Image = photo.Image,
            Label = photo.Label,
            Parts = [parts[0].X, parts[0].Y, parts[1].X, parts[1].Y, float.NaN, float.NaN],
            Cut = cut,
            Around = [1, 1, 20, 20],
        }));
    }

    private sealed class PhotoWithParts
    {
        [Microsoft.ML.Transforms.Image.ImageType(30, 40)]
        public Microsoft.ML.Data.MLImage? Image { get; set; }

        public string Label { get; set; } = "";

        public float[] Parts { get; set; } = [];

        public float[] Cut { get; set; } = [];

        public float[] Around { get; set; } = [];
    }

    /// <summary>The mean fall of the similarities of a photograph's evidence when their boxes are painted over one by one.</summary>
    private static double Fall(TrainedProtoPNet model, RgbImage photograph)
    {
        LocalExplanation explanation = model.Explain(photograph);
        Activation[] evidence = [.. explanation.Activations
            .OrderByDescending(a => (double)a.Similarity * model.LastLayerWeights[explanation.Predicted.Index, a.Prototype.Index])
            .Take(Pieces(model, explanation))];
        return model.Mask(photograph, evidence).Average(check => check.Drop / check.Activation.Similarity);
    }

    private static InterpretabilityReport Measure(TrainedProtoPNet model, IEnumerable<AnalysedImage> images)
        => InterpretabilityMeasurement.Run(model, images, new(), Cancel);

    /// <summary>How many prototypes it takes, largest points first, to reach 80 % of the predicted class's positive points.</summary>
    private static int Pieces(TrainedProtoPNet model, LocalExplanation explanation)
    {
        double[] points = [.. explanation.Activations.Select(a => (double)a.Similarity * model.LastLayerWeights[explanation.Predicted.Index, a.Prototype.Index])
            .Where(p => p > 0).OrderDescending()];
        int count = 0;
        for (double sum = 0; count < points.Length && sum < 0.8 * points.Sum(); count++) sum += points[count];
        return count;
    }

    private static IEnumerable<(int Prototype, float X, float Y)> Peaks(TrainedProtoPNet model, AnalysedImage image)
    {
        RgbImage picture = image.Load();
        foreach (Activation activation in model.Explain(picture).Activations.Where(a => a.Prototype.ClassIndex == image.ClassIndex))
        {
            float[,] map = SimilarityMap.Enlarge(activation.Similarities, Side);
            (int row, int column) = Maps.Highest(map);
            yield return (activation.Prototype.Index, (float)column * picture.Width / Side, (float)row * picture.Height / Side);
        }
    }
}
