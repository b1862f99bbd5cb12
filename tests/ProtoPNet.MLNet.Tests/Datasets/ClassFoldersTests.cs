using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

public sealed class ClassFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_folder_per_class_is_a_training_set()
    {
        Fill("Wren/b.JPG", "Wren/a.png", "Robin/1.webp", "Robin/old/2.gif", "Robin/notes.txt", ".cache/x.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["Robin", "Wren"], set.Classes);
        Assert.Equal(["Robin/1.webp", "Robin/old/2.gif", "Wren/a.png", "Wren/b.JPG"], set.Train.Select(record => record.ImagePath));
        Assert.Empty(set.Test);
        Assert.Equal("Robin/notes.txt", Assert.Single(set.Skipped).ImagePath);
    }

    [Fact]
    public void Train_and_test_are_kept_apart()
    {
        Fill("train/A/1.jpg", "train/B/2.jpg", "test/A/3.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["train/A/1.jpg", "train/B/2.jpg"], set.Train.Select(record => record.ImagePath));
        ImageRecord test = Assert.Single(set.Test);
        Assert.Equal(("test/A/3.jpg", "A", false), (test.ImagePath, test.Label, test.IsTrain));
        Assert.True(File.Exists(set.PathOf(test)));
    }

    [Theory]
    [InlineData("has no folder in it", "photo.jpg")]
    [InlineData("in the folder of B, C", "A/1.jpg", "B/notes.txt", "C/.keep")]
    [InlineData("classes that", "train/A/1.jpg", "test/B/1.jpg")]
    [InlineData("none named 'train'", "test/B/1.jpg")]
    public void What_cannot_be_trained_is_said(string expected, params string[] files)
    {
        Fill(files);
        Assert.Contains(expected, Assert.Throws<DatasetException>(() => ClassFolders.Load(_folder.Path)).Message);
    }

    public void Dispose() => _folder.Dispose();

    private void Fill(params string[] files)
    {
        foreach (string file in files) _folder.Write(file, "");
    }
}
