using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

/// <summary>Data sets are recognised by their files.</summary>
public sealed class AnyDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_kind_is_read_as_what_it_is()
    {
        WriteCub("cub");
        Assert.Equal(("CUB-200-2011", 1, 1), Read("cub"));
        ProceduralBirds.Write(_folder.In("birds"), new() { Species = 2, TrainPerSpecies = 2, TestPerSpecies = 1, Size = 32 });
        Assert.Equal(("Procedural birds", 4, 2), Read("birds"));
    }

    [Fact]
    public void Stanford_Cars_are_recognised() => Assert.Equal(("Stanford Cars", 96, 0), Read(Shared.Path("data", "stanford_cars_sample")));

    [Fact]
    public void Anything_else_is_class_folders()
    {
        byte[] picture = ImageCodec.EncodePng(Pictures.Of(40, 40));
        _folder.Write("own/Robin/1.png", picture);
        _folder.Write("own/Wren/1.png", picture);
        _folder.Write("own/parts.csv", "part,price\n");
        _folder.Write("own/classes.txt", "Robin\nWren\n");
        Assert.Equal(("own", 2, 0), Read("own"));
    }

    /// <summary>Read as class folders, these would have the wrong classes or no test split.</summary>
    [Fact]
    public void Folders_above_and_inside_a_data_set_are_refused_with_the_right_one()
    {
        WriteCub("download/cub");
        Assert.Contains($"give '{_folder.In("download", "cub")}'",
            Assert.Throws<DatasetException>(() => AnyDataset.Load(_folder.In("download"))).Message, StringComparison.Ordinal);
        Assert.Contains($"whose split is in '{_folder.In("download", "cub")}'",
            Assert.Throws<DatasetException>(() => AnyDataset.Load(_folder.In("download", "cub", "images"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_looks_like_two_kinds_is_refused()
    {
        WriteCub("both");
        Directory.CreateDirectory(_folder.In("both", "devkit"));
        Directory.CreateDirectory(_folder.In("both", "cars_train"));
        Assert.Contains("looks like CUB-200-2011 and like Stanford Cars",
            Assert.Throws<DatasetException>(() => AnyDataset.Load(_folder.In("both"))).Message, StringComparison.Ordinal);
    }

    private (string Name, int Train, int Test) Read(string folder)
    {
        ImageDataset found = AnyDataset.Load(_folder.In(folder));
        return (found.Name, found.Train.Count, found.Test.Count);
    }

    private void WriteCub(string folder)
    {
        _folder.Write($"{folder}/classes.txt", "1 001.Robin\n");
        _folder.Write($"{folder}/images.txt", "1 001.Robin/1.jpg\n2 001.Robin/2.jpg\n");
        _folder.Write($"{folder}/image_class_labels.txt", "1 1\n2 1\n");
        _folder.Write($"{folder}/train_test_split.txt", "1 1\n2 0\n");
        _folder.Write($"{folder}/bounding_boxes.txt", "1 0 0 9 9\n2 0 0 9 9\n");
        _folder.Write($"{folder}/images/001.Robin/1.jpg", "");
        _folder.Write($"{folder}/images/001.Robin/2.jpg", "");
    }
}
