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
    [InlineData("Train", "Test")]
    [InlineData("training", "validation")]
    [InlineData("TRAIN", "val")]
    [InlineData("train", "valid")]
    [InlineData("Training", "Testing")]
    public void The_usual_names_of_splits_are_known_however_they_are_written(string train, string test)
    {
        Fill($"{train}/A/1.jpg", $"{train}/B/2.jpg", $"{test}/A/3.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["A", "B"], set.Classes);
        Assert.Equal([$"{train}/A/1.jpg", $"{train}/B/2.jpg"], set.Train.Select(record => record.ImagePath));
        Assert.Equal([$"{test}/A/3.jpg"], set.Test.Select(record => record.ImagePath));
    }

    [Fact]
    public void Of_three_splits_the_one_for_tests_tests_and_the_third_is_named()
    {
        Fill("train/A/1.jpg", "val/A/2.jpg", "test/A/3.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["test/A/3.jpg"], set.Test.Select(record => record.ImagePath));
        Assert.Equal(["val/"], set.Skipped.Select(row => row.ImagePath));
    }

    [Theory]
    [InlineData("folders named 'test', 'train', but no folder for each class in 'train'", "train/1.jpg", "test/2.jpg")]
    [InlineData("folders named 'test_set', 'train_set', but none named 'train'", "train_set/A/1.jpg", "test_set/A/2.jpg")]
    [InlineData("folders named 'train', 'training', which mean the same", "train/A/1.jpg", "training/A/2.jpg")]
    [InlineData("a folder 'test2' next to 'train'", "train/A/1.jpg", "test/A/2.jpg", "test2/A/3.jpg")]
    [InlineData("folders named 'test', 'train', which look like splits, inside 'cat'", "cat/train/1.jpg", "cat/test/2.jpg", "dog/train/3.jpg")]
    [InlineData("a folder 'train' with subfolders, which looks like a split, next to a folder named 'dog'", "train/cat/1.jpg", "dog/3.jpg")]
    public void What_looks_like_a_split_and_is_not_clear_is_refused(string expected, params string[] files)
    {
        Fill(files);
        string message = Assert.Throws<DatasetException>(() => ClassFolders.Load(_folder.Path)).Message;
        Assert.Contains(expected, message);
        Assert.Contains("Put one folder per class", message);
    }

    [Theory]
    [InlineData("bus/1.jpg", "car/2.jpg", "train/3.jpg")]
    [InlineData("latest/1.jpg", "trainer/2.jpg", "valley/3.jpg")]
    public void Classes_may_be_called_as_splits_are(params string[] files)
    {
        Fill(files);
        Assert.Equal(3, ClassFolders.Load(_folder.Path).Classes.Count);
    }

    [Fact]
    public void Hidden_files_and_those_of_other_systems_are_nobodys_photographs()
    {
        Fill("A/1.jpg", "A/._1.jpg", "A/.thumbnails/1.jpg", "A/@eaDir/1.jpg", "A/@eaDir/deep/1.jpg", "A/__MACOSX/1.jpg", "A/Thumbs.db",
            "B/1.jpg", "@eaDir/1.jpg", "__MACOSX/A/1.jpg", ".git/1.jpg", "$RECYCLE.BIN/1.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["A", "B"], set.Classes);
        Assert.Equal(["A/1.jpg", "B/1.jpg"], set.Train.Select(record => record.ImagePath));
        Assert.Empty(set.Skipped);
        Assert.Empty(set.LeftOut);
    }

    [Fact]
    public void All_endings_of_JPEG_are_read_and_formats_that_are_not_are_named()
    {
        Fill("A/1.jfif", "A/2.JPE", "A/3.jpeg", "A/4.tif", "A/5.TIFF", "A/6.heic", "A/7.avif", "A/notes.txt");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        Assert.Equal(["A/1.jfif", "A/2.JPE", "A/3.jpeg"], set.Train.Select(record => record.ImagePath));
        Assert.Equal(["A/4.tif", "A/5.TIFF", "A/6.heic", "A/7.avif"], set.LeftOut.Select(left => left.Photograph.ImagePath));
        Assert.Contains("HEIC", set.LeftOut[2].Reason);
        Assert.Equal(["A/notes.txt"], set.Skipped.Select(row => row.ImagePath));
    }

    [Fact]
    public void Links_are_followed_once_and_never_back()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Creating links requires a privilege on Windows.");
        Fill("data/A/1.jpg", "data/B/2.jpg", "elsewhere/3.jpg");
        void Link(string path, string to) => Directory.CreateSymbolicLink(_folder.In(path), to);
        Link("data/A/up", "..");
        Link("data/A/self", "self");
        Link("data/B/same", ".");
        Link("data/B/more", _folder.In("elsewhere"));
        Link("data/B/more2", _folder.In("data", "B", "more"));
        Link("data/C", _folder.In("elsewhere"));
        ImageDataset set = ClassFolders.Load(_folder.In("data"));
        Assert.Equal(["A/1.jpg", "B/2.jpg", "B/more/3.jpg", "C/3.jpg"], set.Train.Select(record => record.ImagePath));
        Assert.Equal(["A/self", "A/up", "B/more2", "B/same"], set.Skipped.Select(row => row.ImagePath).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_backslash_in_a_name_is_a_character()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows, a backslash is a separator.");
        Fill("A/a\\b.jpg");
        ImageDataset set = ClassFolders.Load(_folder.Path);
        ImageRecord record = Assert.Single(set.Train);
        Assert.Equal("A/a\\b.jpg", record.ImagePath);
        Assert.True(File.Exists(set.PathOf(record)));
    }

    [Theory]
    [InlineData("has no subfolders", "photo.jpg")]
    [InlineData("such as B/1.heic: The format is HEIC", "A/1.jpg", "B/1.heic")]
    [InlineData("in the folder of B, C", "A/1.jpg", "B/notes.txt", "C/.keep")]
    [InlineData("classes missing from", "train/A/1.jpg", "test/B/1.jpg")]
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
