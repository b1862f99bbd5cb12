using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Datasets;

public class CubDatasetTests
{
    [Fact]
    public void The_ten_class_set_reads_as_it_says()
    {
        ImageDataset cub = CubDataset.Load(Shared.Path("data", "CUB_200_2011_ten"));
        Assert.Equal((300, 243, 10), (cub.Train.Count, cub.Test.Count, cub.Classes.Count));
        Assert.Empty(cub.Skipped);
        Assert.Equal("001.Black_footed_Albatross", cub.Classes[0]);
        Assert.Equal("010.Red_winged_Blackbird", cub.Classes[9]);
        ImageRecord first = cub.Test[0];
        Assert.Equal("001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg", first.ImagePath);
        Assert.Equal([60, 27, 325, 304], first.BoundingBox);
        Assert.True(File.Exists(cub.PathOf(first)));
        Assert.Equal(543, cub.Parts.Count);
        Assert.Contains(new PartLocation("beak", 312, 182), cub.Parts[first.ImagePath]);
        Assert.DoesNotContain(cub.Parts[first.ImagePath], part => part.Name == "back");
        Assert.Equal("CUB-200-2011: 10 classes, 300 training and 243 test photographs", cub.ToString());
    }

    [Fact]
    public void Absent_photographs_are_skipped_and_their_classes_left_out()
    {
        using TemporaryFolder folder = Small();
        File.Delete(folder.In("images", "b", "2.jpg"));
        ImageDataset cub = CubDataset.Load(folder.Path);
        Assert.Equal(["a"], cub.Classes);
        Assert.Equal(["b/2.jpg"], cub.Skipped.Select(row => row.ImagePath));
        Assert.Single(cub.Train);
        Assert.Empty(cub.Parts);
    }

    [Theory]
    [InlineData("bounding_boxes.txt", "1 0 0 5 5\n2 0 0 five 5\n", "bounding_boxes.txt', line 2: has '0 0 five 5' instead of 4 numbers")]
    [InlineData("bounding_boxes.txt", "1 0 0 5 5\n", "images.txt', line 2: 'bounding_boxes.txt' has no row with number 2")]
    [InlineData("classes.txt", "1 a\nx b\n", "classes.txt', line 2: begins with 'x'")]
    [InlineData("image_class_labels.txt", "1 1\n1 2\n", "image_class_labels.txt', line 2: number 1 is repeated")]
    [InlineData("train_test_split.txt", null, "train_test_split.txt' is missing")]
    public void What_is_wrong_is_said_with_file_and_line(string file, string? content, string expected)
    {
        using TemporaryFolder folder = Small();
        if (content is null) File.Delete(folder.In(file));
        else folder.Write(file, content);
        Assert.Contains(expected, Assert.Throws<DatasetException>(() => CubDataset.Load(folder.Path)).Message);
    }

    [Fact]
    public void Records_are_rows_of_a_data_view()
    {
        using TemporaryFolder folder = Small();
        IDataView view = new MLContext().Data.LoadFromEnumerable(CubDataset.Load(folder.Path).Train);
        Assert.Equal(["BoundingBox", "ImagePath", "IsTrain", "Label"], view.Schema.Select(column => column.Name).Order(StringComparer.Ordinal));
        Assert.Equal(4, ((VectorDataViewType)view.Schema["BoundingBox"].Type).Size);
        Assert.Equal(["a", "b"], view.GetColumn<string>("Label"));
    }

    private static TemporaryFolder Small()
    {
        TemporaryFolder folder = new();
        folder.Write("classes.txt", "1 a\n2 b\n");
        folder.Write("images.txt", "1 a/1.jpg\n2 b/2.jpg\n");
        folder.Write("image_class_labels.txt", "1 1\n2 2\n3 2\n");
        folder.Write("train_test_split.txt", "1 1\n2 1\n3 0\n");
        folder.Write("bounding_boxes.txt", "1 0.0 0.0 5.0 5.0\n2 0 0 5 5\n");
        folder.Write("images/a/1.jpg", "");
        folder.Write("images/b/2.jpg", "");
        return folder;
    }
}
