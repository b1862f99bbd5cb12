using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

public sealed class LoadPhotographsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "Wren";

        [VectorType(4)]
        public float[] Box { get; set; } = [0, 0, 0, 0];
    }

    private IDataView Data(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private static RgbImage[] Read(IDataView data) => [.. data.GetColumn<MLImage>("Image").Select(ImageCodec.FromMLImage)];

    [Fact]
    public void Photographs_are_upright_and_cut_to_boxes_of_what_is_seen()
    {
        byte[] plain = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90);
        _folder.Write("turned.jpg", PhoneFiles.WithOrientation(plain, 8));
        RgbImage upright = PhoneFiles.Upright(ImageCodec.Decode(plain), 8); // 40 × 60
        IDataView data = Data(new Row { ImagePath = "turned.jpg" }, new Row { ImagePath = "turned.jpg", Box = [5, 30, 20, 25] });

        RgbImage[] whole = Read(_ml.Transforms.LoadPhotographs("Image", _folder.Path, "ImagePath").Fit(data).Transform(data));
        Assert.All(whole, image => Assert.Equal(upright.Pixels, image.Pixels));
        RgbImage[] cut = Read(_ml.Transforms.LoadPhotographs("Image", _folder.Path, "ImagePath", "Box").Fit(data).Transform(data));
        Assert.Equal(upright.Pixels, cut[0].Pixels);
        Assert.Equal(ImageCodec.Crop(upright, new(30, 55, 5, 25)).Pixels, cut[1].Pixels);
        // Both ways give the same result.
        RgbImage[] steps = Read(_ml.Transforms.LoadPhotographs("Image", _folder.Path, "ImagePath")
            .Append(_ml.Transforms.CropImages("Image", "Box")).Fit(data).Transform(data));
        Assert.Equal(cut[1].Pixels, steps[1].Pixels);
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_named_when_its_row_is_read()
    {
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(60, 40), 90);
        _folder.Write("good.jpg", jpeg);
        string path = _folder.Write("cut.jpg", jpeg.AsSpan(..(jpeg.Length * 6 / 10)));
        IDataView data = Data(new Row { ImagePath = "good.jpg" }, new Row { ImagePath = "cut.jpg" });
        ITransformer chain = _ml.Transforms.LoadPhotographs("Image", _folder.Path, "ImagePath").Fit(data).Append(SmallModel.Transformer());
        Exception e = Assert.ThrowsAny<Exception>(() => chain.Transform(data).GetColumn<float[]>("Score").ToList());
        Assert.Contains("Row 1, column 'Image': 'cut.jpg': The image is truncated.", e.Message);
        Assert.Equal("The image is truncated.", PhotographFile.Fault(path));
        Assert.Null(PhotographFile.Fault(_folder.In("good.jpg")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_trainer_leaves_out_what_cannot_be_used_or_stops(bool skips)
    {
        for (int i = 0; i < 4; i++) _folder.Write($"{i}.png", ImageCodec.EncodePng(Pictures.Of(64, 64, (ulong)i)));
        byte[] jpeg = ImageCodec.EncodeJpeg(Pictures.Of(64, 64), 90);
        _folder.Write("cut.jpg", jpeg.AsSpan(..(jpeg.Length * 6 / 10)));
        IDataView data = Data(
            [.. Enumerable.Range(0, 4).Select(i => new Row { ImagePath = $"{i}.png", Label = i < 2 ? "a" : "b" }), new Row { ImagePath = "cut.jpg", Label = "a" }]);
        ProtoPNetTrainer.Options options = Training.SmallBirds.Options();
        options.Schedule = options.ScheduleFor(2) with { Phases = [new Projection(), new LastLayerFit(1e-3)] };
        options.OnUnreadableImage = skips ? UnreadableImage.Skip : UnreadableImage.Stop;
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadPhotographs("Image", _folder.Path, "ImagePath"))
            .Append(_ml.MulticlassClassification.Trainers.ProtoPNet(options));
        if (!skips)
        {
            Assert.Contains("Row 4 (cut.jpg) cannot be trained on", Assert.Throws<InvalidOperationException>(() => pipeline.Fit(data)).Message);
            return;
        }
        using ProtoPNetTransformer model = pipeline.Fit(data).LastTransformer;
        SkippedImage skipped = Assert.Single(model.TrainingReport!.Skipped);
        Assert.Equal((4L, "cut.jpg"), (skipped.Row, skipped.ImageId));
        Assert.Contains("truncated", skipped.Reason);
        Assert.Equal(4, model.TrainingReport.TrainingImages);
    }

    [Fact]
    public void Columns_are_checked_before_anything_is_read()
    {
        IDataView data = Data(new Row());
        Assert.Contains("Could not find path column 'Path'",
            Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.LoadPhotographs("Image", null, "Path").Fit(data)).Message);
        Assert.Contains("expected Text, got Vector<Single, 4>",
            Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.LoadPhotographs("Image", null, "Box").Fit(data)).Message);
        // In a chain, before the first step has been fitted.
        var chain = _ml.Transforms.CopyColumns("Copy", "Label").Append(_ml.Transforms.LoadPhotographs("Image", null, "ImagePath", "Copy"));
        Assert.Contains("box column 'Copy'", Assert.Throws<ArgumentOutOfRangeException>(() => chain.Fit(data)).Message);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void It_is_saved_and_loaded_with_a_model_and_works_in_prediction_engines(bool inFolder, bool cut)
    {
        string path = _folder.Write("turned.jpg", PhoneFiles.Jpeg(Pictures.Of(60, 40), 3));
        Row row = new() { ImagePath = inFolder ? "turned.jpg" : path, Box = [5, 6, 20, 25] };
        IDataView data = Data(row);
        ITransformer chain = _ml.Transforms.LoadPhotographs("Image", inFolder ? _folder.Path : null, "ImagePath", cut ? "Box" : null).Fit(data)
            .Append(SmallModel.Transformer());
        using var file = new MemoryStream();
        _ml.Model.Save(chain, data.Schema, file);
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        float[] expected = chain.Transform(data).GetColumn<float[]>("Score").Single();
        Assert.Equal(expected, loaded.Transform(data).GetColumn<float[]>("Score").Single());
        Assert.Equal(cut, ((IEnumerable<ITransformer>)loaded).OfType<PhotographLoadingTransformer>().Single().Crops);

        using var engine = _ml.Model.CreatePredictionEngine<Row, SmallModel.Scored>(loaded);
        SmallModel.Scored one = engine.Predict(row);
        for (int k = 0; k < 3; k++) Assert.Equal(expected[k], one.Score[k], 1e-5f);
    }

    [Fact]
    public void Encoded_bytes_are_scored_upright_too()
    {
        RgbImage upright = Pictures.Smooth(60, 40);
        byte[] jpeg = ImageCodec.EncodeJpeg(PhoneFiles.Upright(upright, 8), 95);
        using ProtoPNetTransformer model = SmallModel.Transformer();
        float[] asPixels = [.. model.Explain(ImageCodec.EncodePng(PhoneFiles.Upright(ImageCodec.Decode(jpeg), 6))).Ranking.Select(one => one.Logit)];
        float[] asPhone = [.. model.Explain(PhoneFiles.WithOrientation(jpeg, 6)).Ranking.Select(one => one.Logit)];
        Assert.Equal(asPixels, asPhone);
    }
}
