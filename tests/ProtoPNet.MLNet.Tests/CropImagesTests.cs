using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

public sealed class CropImagesTests
{
    private readonly MLContext _ml = new(seed: 1);

    private sealed class Boxed
    {
        public int Number { get; set; }

        [ImageType(30, 40)]
        public MLImage? Image { get; set; }

        [VectorType(4)]
        public float[] BoundingBox { get; set; } = [0, 0, 0, 0];
    }

    private IDataView Data(params float[][] boxes) => _ml.Data.LoadFromEnumerable(
        boxes.Select((b, i) => new Boxed { Number = i, BoundingBox = b, Image = SmallModel.Image(SmallModel.Picture(i)) }).ToList());

    [Fact]
    public void The_column_holds_the_pixels_inside_the_boxes()
    {
        IDataView data = Data([10, 5, 20, 15], [0, 0, 0, 0], [35, 25, 100, 100]);
        IDataView cropped = _ml.Transforms.CropImages("Image", "BoundingBox").Fit(data).Transform(data);
        PixelBox[] boxes = [new(5, 20, 10, 30), new(0, 30, 0, 40), new(25, 30, 35, 40)];
        byte[][] found = [.. cropped.GetColumn<MLImage>("Image").Select(image => ImageCodec.FromMLImage(image).Pixels)]; // valid until the next
        for (int i = 0; i < 3; i++)
            Assert.Equal(ImageCodec.Crop(SmallModel.Picture(i), boxes[i]).Pixels, found[i]);
    }

    [Fact]
    public void A_different_output_column_leaves_the_input_unchanged()
    {
        IDataView data = Data([1, 2, 3, 4]);
        IDataView cropped = _ml.Transforms.CropImages("Part", "Image", "BoundingBox").Fit(data).Transform(data);
        Assert.Equal(3, cropped.GetColumn<MLImage>("Part").Single().Width);
        Assert.Equal(40, cropped.GetColumn<MLImage>("Image").Single().Width);
        Assert.Equal([0], cropped.GetColumn<int>("Number"));
    }

    [Fact]
    public void A_box_without_a_pixel_fails_with_its_row()
    {
        IDataView data = Data([1, 2, 3, 4], [50, 50, 10, 10]);
        IDataView cropped = _ml.Transforms.CropImages("Image", "BoundingBox").Fit(data).Transform(data);
        var e = Assert.Throws<InvalidOperationException>(() => cropped.GetColumn<MLImage>("Image").ToList());
        Assert.Contains("Row 1, column 'BoundingBox'", e.Message);
        Assert.Contains("40×30", e.Message);
    }

    [Fact]
    public void Columns_are_checked_before_anything_is_read()
    {
        IDataView data = Data([1, 2, 3, 4]);
        Assert.Contains("Could not find box column 'Box'",
            Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.CropImages("Image", "Box").Fit(data)).Message);
        Assert.Contains("expected Image, got Int32",
            Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.CropImages("Number", "BoundingBox").Fit(data)).Message);
        // In a chain, before the first step has been fitted.
        var chain = _ml.Transforms.CropImages("Image", "BoundingBox").Append(_ml.Transforms.CropImages("Image", "Number"));
        Assert.Contains("box column 'Number'", Assert.Throws<ArgumentOutOfRangeException>(() => chain.Fit(data)).Message);
    }

    [Fact]
    public void It_is_saved_and_loaded_with_a_model_and_works_in_prediction_engines()
    {
        IDataView data = Data([10, 5, 20, 15], [3, 3, 30, 20]);
        ITransformer chain = _ml.Transforms.CropImages("Image", "BoundingBox").Fit(data).Append(SmallModel.Transformer());
        using var file = new MemoryStream();
        _ml.Model.Save(chain, data.Schema, file);
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        float[][] expected = [.. chain.Transform(data).GetColumn<float[]>("Score")];
        Assert.Equal(expected, loaded.Transform(data).GetColumn<float[]>("Score"));

        using var engine = _ml.Model.CreatePredictionEngine<Boxed, SmallModel.Scored>(loaded);
        SmallModel.Scored one = engine.Predict(new() { Image = SmallModel.Image(SmallModel.Picture(0)), BoundingBox = [10, 5, 20, 15] });
        for (int k = 0; k < 3; k++) Assert.Equal(expected[0][k], one.Score[k], 1e-5f);
    }
}
