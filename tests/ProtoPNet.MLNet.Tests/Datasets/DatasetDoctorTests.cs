using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;
using SkiaSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

public sealed class DatasetDoctorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Everything_that_is_amiss_is_found_and_nothing_else()
    {
        byte[] wren = Png(1), robin = Png(2), shared = Png(3);
        _folder.Write("train/Wren/1.png", wren);
        _folder.Write("train/Wren/2.png", shared);
        _folder.Write("train/Wren/3.png", wren);
        _folder.Write("train/Wren/broken.jpg", ImageCodec.EncodeJpeg(Pictures.Of(80, 80), 90).AsSpan(..900));
        _folder.Write("train/Robin/1.png", robin);
        _folder.Write("train/Robin/2.png", shared);
        _folder.Write("train/Robin/grey.png", Uniform(new SKColor(90, 90, 90)));
        _folder.Write("train/Robin/glass.png", Uniform(new SKColor(200, 20, 20, 100)));
        _folder.Write("train/Robin/tiny.png", ImageCodec.EncodePng(Pictures.Of(20, 300)));
        _folder.Write("test/Robin/1.webp", Webp(robin));
        _folder.Write("test/Robin/empty.png", "");

        DatasetCheckup checkup = DatasetDoctor.Examine(
            ClassFolders.Load(_folder.Path), new() { SmallestClass = 4, Threads = 3 }, null, TestContext.Current.CancellationToken);
        Assert.Equal(
        [
            new UnreadableFile("train/Wren/broken.jpg", "The image is truncated."),
            new UnreadableFile("test/Robin/empty.png", "The image is empty: 0 bytes."),
            new InBothSplits("train/Robin/1.png", "test/Robin/1.webp"),
            new ContradictoryLabels("train/Robin/2.png", "Robin", "train/Wren/2.png", "Wren"),
            new SmallClass("Wren", 3, 4),
            new UntestedClass("Wren"),
            new RepeatedPicture("train/Wren/1.png", "train/Wren/3.png"),
            new TransparentPicture("train/Robin/glass.png"),
            new GreyPicture("train/Robin/grey.png"),
            new SmallPicture("train/Robin/tiny.png", 20, 300),
        ], checkup.Findings);
        Assert.False(checkup.IsHealthy);
        Assert.Equal(11, checkup.Photographs);
        Assert.Equal((20, 80, 80), (checkup.Width.Least, checkup.Width.Median, checkup.Width.Most));
        Assert.Equal(300, checkup.Height.Most);
    }

    [Fact]
    public void Training_leaves_out_what_the_doctor_says_it_does()
    {
        for (int i = 0; i < 2; i++) _folder.Write($"Robin/{i}.png", Png(10 + (ulong)i));
        _folder.Write("Wren/1.png", Png(1));
        _folder.Write("Wren/tiny.png", ImageCodec.EncodePng(Pictures.Of(7, 9)));
        _folder.Write("Wren/wide.png", Pictures.HollowPng(20_000, 10_000));
        _folder.Write("Wren/vast.png", Pictures.HollowPng(30_000, 30_000));
        _folder.Write("Wren/phone.jpg", PhoneFiles.Jpeg(Pictures.Of(80, 70), 6));
        _folder.Write("Wren/scan.tif", "II*");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        DatasetCheckup checkup = DatasetDoctor.Examine(set, new() { SmallestClass = 1 }, null, TestContext.Current.CancellationToken);
        const string TooMany = "pixels exceed the limit of 178956970.";
        Assert.Equal(
        [
            new UnreadableFile("Wren/tiny.png", "It has 7×9 pixels; width and height must be at least 8."),
            new UnreadableFile("Wren/vast.png", $"30000×30000 {TooMany}"),
            new UnreadableFile("Wren/wide.png", $"20000×10000 {TooMany}"),
            new OtherFormat("Wren/scan.tif", "The format is TIFF, which is not supported; save it as JPEG or PNG."),
            new TurnedPicture("Wren/phone.jpg", 6),
        ], checkup.Findings);
        Assert.Equal("Training would leave out 4 photographs: see the errors above.", checkup.Verdict);
        Assert.Equal((80, 80), (checkup.Width.Most, checkup.Height.Most));

        ImageDataset readable = set.OnlyReadable(null, TestContext.Current.CancellationToken);
        Assert.Equal(["Robin/0.png", "Robin/1.png", "Wren/1.png", "Wren/phone.jpg"], readable.Train.Select(record => record.ImagePath));
        Assert.Equal(
            checkup.Findings.OfType<LeftOutFile>().Select(file => (file.ImagePath, file.Reason)).Order(),
            readable.LeftOut.Select(left => (left.Photograph.ImagePath, left.Reason)).Order());
    }

    [Fact]
    public void What_stops_training_is_said_first()
    {
        _folder.Write("Wren/1.png", Png(1));
        DatasetCheckup one = DatasetDoctor.Examine(
            ClassFolders.Load(_folder.Path), new() { SmallestClass = 1 }, null, TestContext.Current.CancellationToken);
        Assert.Equal([new TooFewClasses(1)], one.Findings);
        Assert.Equal("Training would stop: There is 1 class; at least two are needed, each in a folder of its own.", one.Verdict);
        Assert.False(one.IsHealthy);

        _folder.Write("Robin/1.png", "no picture");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        DatasetCheckup none = DatasetDoctor.Examine(set, new() { SmallestClass = 1 }, null, TestContext.Current.CancellationToken);
        Assert.Equal("Training would stop: Robin has no readable training photographs.", none.Verdict);
        ImageDataset readable = set.OnlyReadable(null, TestContext.Current.CancellationToken);
        Assert.Contains("of Robin.", Assert.Throws<DatasetException>(() => readable.WithEveryClassOf(set)).Message);
    }

    [Fact]
    public void A_photograph_whose_box_holds_nothing_is_left_out_where_it_is_cut_to_it()
    {
        _folder.Write("1.png", Png(1));
        ImageRecord record = new() { ImagePath = "1.png", Label = "a", BoundingBox = [90, 10, 20, 20] };
        ImageDataset set = new() { Name = "one", Folder = _folder.Path, Train = [record], Test = [], Classes = ["a"] };
        Assert.Contains("contains no pixel", Assert.Single(set.OnlyReadable(null, TestContext.Current.CancellationToken).LeftOut).Reason);
        Assert.Empty(set.WithoutBoxes().OnlyReadable(null, TestContext.Current.CancellationToken).LeftOut);
    }

    [Fact]
    public void A_box_outside_its_photograph_is_found()
    {
        _folder.Write("1.png", Png(1));
        ImageRecord record = new() { ImagePath = "1.png", Label = "a", BoundingBox = [70, 10, 20, 20] };
        ImageDataset set = new() { Name = "one", Folder = _folder.Path, Train = [record], Test = [], Classes = ["a"] };
        DatasetCheckup checkup = DatasetDoctor.Examine(set, new() { SmallestClass = 1 }, null, TestContext.Current.CancellationToken);
        Assert.Equal([new TooFewClasses(1), new BoxOutside("1.png", 70, 10, 20, 20, 80, 80)], checkup.Findings);
    }

    [Fact]
    public void Procedural_birds_are_healthy()
    {
        ImageDataset birds = ProceduralBirds.Write(_folder.In("birds"), new() { Species = 4, TrainPerSpecies = 10, TestPerSpecies = 2, Size = 64 });
        Assert.Empty(DatasetDoctor.Examine(birds, new(), null, TestContext.Current.CancellationToken).Findings);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Png(ulong seed) => ImageCodec.EncodePng(Pictures.Of(80, 80, seed));

    private static byte[] Uniform(SKColor colour)
    {
        using SKBitmap bitmap = new(new SKImageInfo(80, 80, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.Erase(colour);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>The same pixels in another format.</summary>
    private static byte[] Webp(byte[] png)
    {
        using SKBitmap bitmap = SKBitmap.Decode(png);
        using SKPixmap pixels = bitmap.PeekPixels();
        using SKData data = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 50));
        return data.ToArray();
    }
}
