using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary><c>protopnet export</c> and <c>protopnet import</c>, as used from the command line.</summary>
public sealed class ImportExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Task<int> Run(Command verb, params string[] arguments)
        => verb.Parse(arguments).InvokeAsync(new() { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);

    private string Saved()
    {
        var ml = new MLContext(seed: 1);
        using ProtoPNetTransformer transformer = Transformer();
        ml.Model.Save(transformer, ml.Data.LoadFromEnumerable(Photos(1)).Schema, _folder.In("model.zip"));
        return _folder.In("model.zip");
    }

    [Fact]
    public async Task A_state_dict_that_was_exported_is_imported_as_the_model_that_it_was_without_being_told_anything()
    {
        string model = Saved(), state = _folder.In("net.safetensors"), again = _folder.In("again.zip");
        Assert.Equal(0, await Run(ExportVerb.Create(), "--model", model, "--format", "state-dict", "--output", state));
        Assert.Equal(0, await Run(ImportVerb.Create(), "--checkpoint", state, "--output", again));

        using ModelFile before = ModelFile.Open(model), after = ModelFile.Open(again);
        float[] pixels = GoldenGenerator.NormalisedImages(60000, 2, Size).Floats();
        ImageScores expected = before.Network.Inside().Score(pixels, 2), got = after.Network.Inside().Score(pixels, 2);
        Assert.Equal(expected.Probabilities, got.Probabilities);
        Assert.Equal(expected.Similarities, got.Similarities);
        Assert.Equal(Classes, after.Network.ClassNames);
        Assert.False(after.Crops);
        foreach ((Prototype one, Prototype other) in before.Network.Prototypes.Zip(after.Network.Prototypes))
        {
            Assert.Equal(one with { Source = null }, other with { Source = null });
            Assert.Equal(one.Source is null, other.Source is null);
            if (one.Source is not { } source || other.Source is not { } restored) continue;
            Assert.Equal(source with { Picture = default, Thumbnail = default }, restored with { Picture = default, Thumbnail = default });
            Assert.Equal(source.Picture.ToArray(), restored.Picture.ToArray());
            Assert.Equal(source.Thumbnail.ToArray(), restored.Thumbnail.ToArray());
        }
    }

    [Fact]
    public async Task An_imported_model_is_a_pipeline_that_reads_paths_and_gives_names()
    {
        string state = _folder.In("net.safetensors"), again = _folder.In("again.zip"), picture = _folder.In("bird.png");
        await Run(ExportVerb.Create(), "--model", Saved(), "--format", "state-dict", "--output", state);
        await Run(ImportVerb.Create(), "--checkpoint", state, "--output", again);
        await File.WriteAllBytesAsync(picture, MLNet.Images.ImageCodec.EncodePng(Picture(1)), TestContext.Current.CancellationToken);
        var ml = new MLContext();
        ITransformer pipeline = ModelFile.Load(ml, again, out _);
        IDataView scored = pipeline.Transform(ml.Data.LoadFromEnumerable(new List<Photograph> { new() { ImagePath = picture, Label = Classes[0] } }));
        Assert.Contains($"{scored.GetColumn<ReadOnlyMemory<char>>("PredictedLabel").Single()}", Classes);
    }

    [Fact]
    public async Task A_bad_photograph_among_those_that_prototypes_are_searched_in_is_left_out()
    {
        string state = _folder.In("net.safetensors");
        await Run(ExportVerb.Create(), "--model", Saved(), "--format", "state-dict", "--output", state);
        foreach (string name in Classes) _folder.Write($"birds/{name}/1.png", MLNet.Images.ImageCodec.EncodePng(Picture(1)));
        _folder.Write($"birds/{Classes[0]}/text.jpg", "no photograph");
        string[] arguments = ["--checkpoint", state, "--training-images", _folder.In("birds"), "--output", _folder.In("again.zip")];
        Assert.Equal(UnreadablePhotographs.SomeLeftOut, await Run(ImportVerb.Create(), arguments));
        Assert.True(File.Exists(_folder.In("again.zip")));
        await Assert.ThrowsAsync<ProtoPNet.Datasets.DatasetException>(() => Run(ImportVerb.Create(), [.. arguments, "--force", "--stop-on-unreadable"]));
    }

    [Fact]
    public async Task An_ONNX_model_is_written_that_knows_its_classes()
    {
        Assert.Equal(0, await Run(ExportVerb.Create(), "--model", Saved(), "--format", "onnx", "--output", _folder.In("net.onnx")));
        using var session = new InferenceSession(_folder.In("net.onnx"));
        Assert.Equal("""["Cardinal","Robin","Wren"]""", session.ModelMetadata.CustomMetadataMap["protopnet.classes"]);
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_say_its_image_size_asks_for_it_and_takes_names_from_a_file()
    {
        string checkpoint = _folder.In("foreign.safetensors"), names = _folder.In("names.txt"), output = _folder.In("out.zip");
        using (TrainedProtoPNet model = Trained(backbone: Backbone.Vgg11))
            Safetensors.Write(checkpoint, StateDict.Of(model.Network).Select(t => (t.Name, t.Tensor.detach())));
        var missing = await Assert.ThrowsAsync<ArgumentException>(() => Run(ImportVerb.Create(), "--checkpoint", checkpoint, "--output", output));
        Assert.Contains("--image-size", missing.Message, StringComparison.Ordinal);
        Assert.Contains("224", missing.Message, StringComparison.Ordinal);

        await File.WriteAllLinesAsync(names, ["Owl", "Lark"], TestContext.Current.CancellationToken);
        string[] arguments = ["--crop", "--checkpoint", checkpoint, "--image-size", $"{Size}", "--classes", names, "--output", output];
        var count = await Assert.ThrowsAsync<ArgumentException>(() => Run(ImportVerb.Create(), arguments));
        Assert.Contains("3 classes, but 2 names", count.Message, StringComparison.Ordinal);
        Assert.Contains("in the order of training", count.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(output));

        await File.AppendAllLinesAsync(names, ["", " Rail "], TestContext.Current.CancellationToken);
        Assert.Equal(0, await Run(ImportVerb.Create(), arguments));
        using ModelFile imported = ModelFile.Open(output);
        Assert.Equal(["Owl", "Lark", "Rail"], imported.Network.ClassNames);
        Assert.True(imported.Crops);
        Assert.All(imported.Network.Prototypes, p => Assert.Null(p.Source));
    }

    [Fact]
    public async Task Wrong_files_and_formats_are_said()
    {
        ParseResult format = ExportVerb.Create().Parse(["--model", "m.zip", "--format", "pickle", "--output", "x"]);
        Assert.Contains(format.Errors, e => e.Message.Contains("'pickle'") && e.Message.Contains("onnx") && e.Message.Contains("state-dict"));
        string output = _folder.In("x");
        var noModel = await Assert.ThrowsAsync<FileNotFoundException>(
            () => Run(ExportVerb.Create(), "--model", "absent.zip", "--format", "onnx", "--output", output));
        Assert.Contains("absent.zip", noModel.Message, StringComparison.Ordinal);
        var noCheckpoint = await Assert.ThrowsAsync<FileNotFoundException>(
            () => Run(ImportVerb.Create(), "--checkpoint", "absent.pth", "--output", output));
        Assert.Contains("absent.pth", noCheckpoint.Message, StringComparison.Ordinal);

        string text = _folder.In("text.zip");
        await File.WriteAllTextAsync(text, "no model", TestContext.Current.CancellationToken);
        var damaged = await Assert.ThrowsAsync<FormatException>(
            () => Run(ExportVerb.Create(), "--model", text, "--format", "onnx", "--output", output));
        Assert.Contains($"'{text}' cannot be loaded", damaged.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<WeightsFormatException>(() => Run(ImportVerb.Create(), "--checkpoint", text, "--output", output));
        Assert.Contains("neither", unknown.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }
}
