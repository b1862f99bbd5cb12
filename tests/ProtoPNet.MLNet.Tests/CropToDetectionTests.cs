using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

public sealed class CropToDetectionTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private sealed class Detected
    {
        [ImageType(30, 40)]
        public MLImage? Image { get; set; }

        public float[] Boxes { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }

    private IDataView Data(params (float[] Boxes, float[] Scores)[] detections) => _ml.Data.LoadFromEnumerable(
        detections.Select((d, i) => new Detected { Image = SmallModel.Image(SmallModel.Picture(i)), Boxes = d.Boxes, Scores = d.Scores }).ToList());

    [Fact]
    public void The_most_certain_box_in_the_photograph_counts()
    {
        float[] three = [0, 0, 10, 10, 4.6f, 5.4f, 50, 20, 90, 90, 99, 99];
        Assert.Equal(new PixelBox(5, 20, 5, 40), DetectedObjectColumn.Best(three, [0.5f, 0.7f, 0.9f], 40, 30));
        Assert.Equal(new PixelBox(0, 10, 0, 10), DetectedObjectColumn.Best(three, [0.8f, 0.7f, 0.9f], 40, 30));
    }

    [Fact]
    public void Without_a_usable_box_the_photograph_stays_whole()
    {
        PixelBox whole = new(0, 30, 0, 40);
        Assert.Equal(whole, DetectedObjectColumn.Best([], [], 40, 30));
        Assert.Equal(whole, DetectedObjectColumn.Best([9, 9, 9, 20, float.NaN, 0, float.NaN, 9, 0, 0, 5, 5], [1, 1, float.NaN], 40, 30));
    }

    [Fact]
    public void The_pixels_are_those_of_the_box_also_in_a_saved_model()
    {
        IDataView data = Data(([10, 5, 30, 20], [0.6f]), ([], []));
        ITransformer crop = _ml.Transforms.CropToDetection("Image", "Boxes", "Scores").Fit(data);
        _ml.Model.Save(crop, data.Schema, _folder.In("crop.zip"));
        IDataView cropped = new MLContext().Model.Load(_folder.In("crop.zip"), out _).Transform(data);
        byte[][] found = [.. cropped.GetColumn<MLImage>("Image").Select(image => ImageCodec.FromMLImage(image).Pixels)];
        Assert.Equal(ImageCodec.Crop(SmallModel.Picture(0), new(5, 20, 10, 30)).Pixels, found[0]);
        Assert.Equal(SmallModel.Picture(1).Pixels, found[1]);
    }

    [Fact]
    public void Boxes_and_scores_that_do_not_fit_fail_with_their_row()
    {
        IDataView data = Data(([0, 0, 9, 9], [1]), ([0, 0, 9], [1]));
        IDataView cropped = _ml.Transforms.CropToDetection("Image", "Boxes", "Scores").Fit(data).Transform(data);
        Assert.Contains("Row 1, column 'Boxes': 3 numbers are not x0, y0, x1, y1 for each of 1 scores",
            Assert.Throws<InvalidOperationException>(() => cropped.GetColumn<MLImage>("Image").ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_checked_before_anything_is_read()
        => Assert.Contains("score", Assert.Throws<ArgumentOutOfRangeException>(
            () => _ml.Transforms.CropToDetection("Image", "Boxes", "Absent").Fit(Data())).Message, StringComparison.Ordinal);
}
