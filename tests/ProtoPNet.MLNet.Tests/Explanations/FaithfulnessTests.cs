using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

/// <summary>A model that looks at one square only, explained by that square or by another.</summary>
public class FaithfulnessTests
{
    private const int Side = 40, Square = 8;

    [Fact]
    public void A_map_of_what_decides_deletes_the_prediction_and_suffices_alone()
    {
        FaithfulnessReport report = Measure(new Looking(4, 4, 4, 4));
        DeletionPoint point = report.Deletion.Single(at => at.Share == 0.05);
        // 5 % of 1600 pixels are 80; the square has 64.
        Assert.Equal((1.0, 0.0, 1.0), (point.Changed, point.ChangedElsewhere, point.KeptAlone));
        Assert.Equal(1, report.PointsAtObject);
        Assert.Equal(1, report.PointsAtPart);
        Assert.Equal((double)Square * Square / (Side * Side), report.BoxArea, 1e-9);
        Assert.Equal(3, report.Images);
    }

    [Fact]
    public void A_map_of_something_else_does_not()
    {
        FaithfulnessReport report = Measure(new Looking(4, 4, 28, 28));
        DeletionPoint point = report.Deletion.Single(at => at.Share == 0.05);
        Assert.Equal((0.0, 0.0), (point.Changed, point.KeptAlone));
        Assert.Equal(0, report.PointsAtObject);
        Assert.Equal(0, report.PointsAtPart);
    }

    private static FaithfulnessReport Measure(Looking model) => FaithfulnessMeasurement.Run(model, Enumerable.Range(0, 3).Select(i =>
        new AnalysedImage($"{i}", 0, () => Photograph()) { Parts = [new("beak", 8, 8)], ObjectBox = new(4, 4, Square, Square) }), default);

    /// <summary>Black, with a white square at (4, 4).</summary>
    private static RgbImage Photograph()
    {
        byte[] pixels = new byte[3 * Side * Side];
        for (int y = 4; y < 4 + Square; y++)
            for (int x = 4; x < 4 + Square; x++) pixels.AsSpan(3 * (y * Side + x), 3).Fill(255);
        return new(Side, Side, pixels);
    }

    /// <summary>Class 1 if the square at (row, column) is bright; its explanation marks the square at (markedRow, markedColumn).</summary>
    private sealed class Looking(int row, int column, int markedRow, int markedColumn) : IExplainedModel
    {
        public InputFormat Format { get; } = new(Side, InputNormalisation.ZeroToOne, CPU);

        public int[] Predict(Tensor inputs)
            => [.. inputs.narrow(2, row, Square).narrow(3, column, Square).mean([1, 2, 3]).data<float>().Select(light => light > 0.5f ? 1 : 0)];

        public IReadOnlyList<ExplainedInput> Explain(Tensor inputs) => [.. Predict(inputs).Select(predicted =>
        {
            float[,] map = new float[Side, Side];
            for (int y = 0; y < Square; y++)
                for (int x = 0; x < Square; x++) map[markedRow + y, markedColumn + x] = 1;
            return new ExplainedInput(
                predicted, map, [new PixelBox(markedRow, markedRow + Square, markedColumn, markedColumn + Square)]);
        })];
    }
}
