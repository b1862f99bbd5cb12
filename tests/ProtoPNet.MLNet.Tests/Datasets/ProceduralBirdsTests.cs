using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

public sealed class ProceduralBirdsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_same_seed_paints_the_same_bird()
    {
        BirdPicture once = ProceduralBirds.Draw(BirdSpecies.All[3], 7, 64), again = ProceduralBirds.Draw(BirdSpecies.All[3], 7, 64);
        Assert.Equal(once.ToPng(), again.ToPng());
        Assert.Equal(once.Parts, again.Parts);
        Assert.NotEqual(once.ToPng(), ProceduralBirds.Draw(BirdSpecies.All[3], 8, 64).ToPng());
    }

    [Fact]
    public void Birds_of_a_family_differ_at_their_marks_and_nowhere_else()
    {
        const int Size = 128;
        foreach (IGrouping<uint, BirdSpecies> family in BirdSpecies.All.GroupBy(species => species.Upper))
        {
            Assert.Equal(4, family.Count());
            BirdSpecies plain = new("plain", family.Key, family.First().Lower);
            for (int seed = 0; seed < 5; seed++)
            {
                BirdPicture without = ProceduralBirds.Draw(plain, seed, Size);
                foreach (BirdSpecies species in family)
                {
                    BirdPicture with = ProceduralBirds.Draw(species, seed, Size);
                    (float X, float Y)[] marks = [.. with.Parts.Where(part => species.Marks.Contains(part.Name)).Select(part => (part.X, part.Y))];
                    Assert.Equal(species.Marks.Count, marks.Length);
                    int differing = 0;
                    for (int pixel = 0; pixel < Size * Size; pixel++)
                    {
                        if (with.Rgba.Span.Slice(4 * pixel, 3).SequenceEqual(without.Rgba.Span.Slice(4 * pixel, 3))) continue;
                        differing++;
                        double distance = marks.Min(mark => Math.Sqrt(Math.Pow(pixel % Size - mark.X, 2) + Math.Pow(pixel / Size - mark.Y, 2)));
                        Assert.True(
                            distance < 0.33 * Size,
                            $"{species.Name}, seed {seed}: a pixel differs {distance:F0} pixels from {string.Join(", ", species.Marks)}.");
                    }
                    Assert.InRange(differing, 30, Size * Size / 10);
                }
            }
        }
    }

    [Fact]
    public void Every_part_lies_in_the_picture_and_in_the_birds_box()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            BirdPicture bird = ProceduralBirds.Draw(BirdSpecies.All[seed % 16], seed, 64);
            IReadOnlyList<float> box = bird.BoundingBox;
            Assert.InRange(box[0], 0, 64);
            Assert.InRange(box[1], 0, 64);
            Assert.InRange(box[0] + box[2], 0, 64);
            Assert.InRange(box[1] + box[3], 0, 64);
            Assert.All(bird.Parts, part =>
            {
                Assert.InRange(part.X, box[0], box[0] + box[2]);
                Assert.InRange(part.Y, box[1], box[1] + box[3]);
            });
        }
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        BirdOptions options = new() { Species = 3, TrainPerSpecies = 4, TestPerSpecies = 2, Size = 48, Seed = 5 };
        ImageDataset written = ProceduralBirds.Write(_folder.In("birds"), options);
        Assert.Equal((12, 6), (written.Train.Count, written.Test.Count));
        Assert.Equal(["Barwing", "Bluewing", "Redcrest"], written.Classes);
        ImageRecord record = written.Train[0];
        RgbImage picture = ImageCodec.Decode(File.ReadAllBytes(written.PathOf(record)));
        Assert.Equal((48, 48), (picture.Width, picture.Height));
        Assert.Equal(9, written.Parts[record.ImagePath].Count);
        Assert.True(record.BoundingBox[2] > 10);

        ImageDataset read = ProceduralBirds.Load(_folder.In("birds"));
        Assert.Equal(written.Train.Select(row => row.ImagePath), read.Train.Select(row => row.ImagePath));
        Assert.Equal(written.Parts[record.ImagePath], read.Parts[record.ImagePath]);

        ImageDataset twin = ProceduralBirds.Write(_folder.In("twin"), options);
        Assert.All(
            written.Train.Zip(twin.Train),
            pair => Assert.Equal(File.ReadAllBytes(written.PathOf(pair.First)), File.ReadAllBytes(twin.PathOf(pair.Second))));
    }

    [Fact]
    public void A_folder_in_use_is_not_written_to()
    {
        _folder.Write("precious.txt", "mine");
        Assert.Contains("not empty", Assert.Throws<DatasetException>(() => ProceduralBirds.Write(_folder.Path, new())).Message);
    }

    [Fact]
    public void No_two_pictures_of_a_set_are_the_same()
    {
        ImageDataset set = ProceduralBirds.Write(_folder.In("birds"), new() { Species = 2, TrainPerSpecies = 30, TestPerSpecies = 30, Size = 32 });
        Assert.Equal(120, set.Train.Concat(set.Test)
            .Select(record => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(set.PathOf(record)))))
            .Distinct().Count());
    }

    public void Dispose() => _folder.Dispose();
}
