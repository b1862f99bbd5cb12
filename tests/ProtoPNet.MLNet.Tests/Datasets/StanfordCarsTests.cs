using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

public class StanfordCarsTests
{
    [Fact]
    public void The_sample_reads_as_it_says()
    {
        ImageDataset cars = StanfordCarsDataset.Load(Shared.Path("data", "stanford_cars_sample"));
        Assert.Equal((96, 0, 4), (cars.Train.Count, cars.Test.Count, cars.Classes.Count));
        Assert.Equal(8144 - 96, cars.Skipped.Count);
        Assert.Contains(cars.Train, record => record.ImagePath == "cars_train/00002.jpg");
        // Its photographs are already cropped to their boxes.
        Assert.All(cars.Train, record => Assert.Equal([0, 0, 0, 0], record.BoundingBox));
    }

    [Fact]
    public void A_photograph_that_is_whole_keeps_its_box()
    {
        using TemporaryFolder folder = new();
        string sample = Shared.Path("data", "stanford_cars_sample");
        foreach (string file in new[] { "cars_meta.mat", "cars_train_annos.mat" })
            folder.Write($"devkit/{file}", File.ReadAllBytes(Path.Combine(sample, "devkit", file)));
        folder.Write("cars_train/00001.jpg", ImageCodec.EncodeJpeg(Pictures.Of(600, 400), 50));
        ImageRecord record = Assert.Single(StanfordCarsDataset.Load(folder.Path).Train);
        Assert.Equal([38, 115, 531, 260], record.BoundingBox);
    }

    [Fact]
    public void Damaged_annotations_are_refused_by_name()
    {
        string original = Shared.Path("data", "stanford_cars_sample", "devkit", "cars_meta.mat");
        using TemporaryFolder folder = new();
        byte[] bytes = File.ReadAllBytes(original);
        folder.Write("devkit/cars_meta.mat", bytes.AsSpan(..1000));
        Assert.Contains("cars_meta.mat", Assert.Throws<DatasetException>(() => StanfordCarsDataset.Load(folder.Path)).Message);
        folder.Write("devkit/cars_meta.mat", "not MATLAB's");
        Assert.Contains("level 5", Assert.Throws<DatasetException>(() => StanfordCarsDataset.Load(folder.Path)).Message);
    }

    [Fact]
    public void Any_damage_is_an_exception_of_ours_or_a_reading()
    {
        byte[] bytes = File.ReadAllBytes(Shared.Path("data", "stanford_cars_sample", "devkit", "cars_meta.mat"));
        using TemporaryFolder folder = new();
        Random random = new(4);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(128, damaged.Length)] = (byte)random.Next(256);
            folder.Write("x.mat", damaged);
            try
            {
                MatFile.Read(folder.In("x.mat"));
            }
            catch (DatasetException error)
            {
                Assert.Contains("x.mat", error.Message);
            }
        }
    }
}
