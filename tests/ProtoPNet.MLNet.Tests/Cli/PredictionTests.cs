using System.Text.Json;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Which photographs are predicted, and how predictions are written.</summary>
public sealed class PredictionTests : IDisposable
{
    private static readonly Prediction s_prediction = new("a, \"b\".jpg", [new("Robin", 0.75f), new("Käuz,chen", 0.25f)]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_folders_and_standard_input_are_taken_in_order()
    {
        _folder.Write("in/deep/2.JPG", "");
        _folder.Write("in/1.png", "");
        _folder.Write("in/notes.txt", "");
        _folder.Write("in/@eaDir/3.jpg", "");
        _folder.Write("own", "");
        string[] found = [.. PredictedPhotographs.Of([_folder.In("own"), _folder.In("in"), "-"], new StringReader("x.jpg\n\ny.jpg"))];
        Assert.Equal([_folder.In("own"), _folder.In("in", "1.png"), _folder.In("in", "deep", "2.JPG"), "x.jpg", "y.jpg"], found);
    }

    [Fact]
    public void What_is_missing_is_said_before_anything_is_read()
    {
        Directory.CreateDirectory(_folder.In("empty"));
        Assert.Throws<FileNotFoundException>(() => PredictedPhotographs.Of(["-", _folder.In("absent")], new StringReader("")));
        Assert.Throws<DatasetException>(() => PredictedPhotographs.Of([_folder.In("empty")], new StringReader("")));
    }

    [Fact]
    public void Csv_has_a_row_for_each_class_and_quotes_what_needs_it()
        => Assert.Equal(
            "image,rank,class,probability\n\"a, \"\"b\"\".jpg\",1,Robin,0.75\n\"a, \"\"b\"\".jpg\",2,\"Käuz,chen\",0.25\n", Written(PredictionFormat.Csv));

    [Fact]
    public void Json_has_an_object_a_line()
    {
        string text = Written(PredictionFormat.Json);
        JsonElement one = JsonDocument.Parse(Assert.Single(text.TrimEnd('\n').Split('\n'))).RootElement;
        Assert.Equal("a, \"b\".jpg", one.GetProperty("image").GetString());
        Assert.Equal(("Käuz,chen", 0.25), (one.GetProperty("classes")[1].GetProperty("class").GetString(), one.GetProperty("classes")[1].GetProperty("probability").GetDouble()));
        Assert.Contains("Käuz,chen", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_has_a_line_for_each_photograph()
        => Assert.Equal($"a, \"b\".jpg: Robin ({0.75f:P1}), Käuz,chen ({0.25f:P1})\n", Written(PredictionFormat.Text));

    private static string Written(PredictionFormat format)
    {
        using var output = new StringWriter();
        Assert.Equal(1, output.Write([s_prediction], format));
        return output.ToString();
    }
}
