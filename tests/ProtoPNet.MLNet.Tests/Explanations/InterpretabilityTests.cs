using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
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
        InterpretabilityReport report = InterpretabilityMeasurement.Run(model, images, Cancel);

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
        InterpretabilityReport report = InterpretabilityMeasurement.Run(model, annotated, Cancel);
        Assert.Equal(1, report.Consistency);
        Assert.Equal(0, report.NoPart);
        Assert.All(report.Prototypes, p => Assert.Equal(4, p.OwnImages));
        Assert.All(report.Prototypes, p => Assert.Equal((4, 4), (p.BestPart!.InBox, p.BestPart.Visible)));

        AnalysedImage[] elsewhere = [.. images.Select(image => image with { Parts = [new("sky", 10_000, 10_000)] })];
        InterpretabilityReport nothing = InterpretabilityMeasurement.Run(model, elsewhere, Cancel);
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
            => InterpretabilityMeasurement.Noise(inputs, own, 7) * tensor(own.Deviation.ToArray()).view(1, 3, 1, 1);
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
        Assert.Throws<ArgumentException>(() => InterpretabilityMeasurement.Run(model, strangers, Cancel));
    }

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
