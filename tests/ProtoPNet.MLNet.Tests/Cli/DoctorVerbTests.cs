using System.CommandLine;
using System.Text.Json;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class DoctorVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_healthy_data_set_ends_with_0()
    {
        ProceduralBirds.Write(_folder.In("birds"), new() { Species = 2, TrainPerSpecies = 10, TestPerSpecies = 2, Size = 64 });
        (int code, string output) = await Doctor("--dataset", "birds", "--data", _folder.In("birds"));
        Assert.Equal(0, code);
        Assert.Contains("width 64 … 64 … 64", output);
        Assert.Contains("Ready for training.", output);
        Assert.DoesNotContain("severity", output);
    }

    [Fact]
    public async Task Stanford_Cars_are_examined_as_published()
    {
        (int code, string output) = await Doctor("--dataset", "cars", "--data", Shared.Path("data", "stanford_cars_sample"), "--json");
        Assert.Equal(0, code);
        Assert.Equal(96, JsonDocument.Parse(output).RootElement.GetProperty("photographs").GetInt32());
    }

    [Fact]
    public async Task What_spoils_results_ends_with_2_and_is_named()
    {
        WriteSick();
        (int code, string output) = await Doctor("--dataset", "folder", "--data", _folder.Path, "--smallest-class", "1");
        Assert.Equal(2, code);
        Assert.Contains("error           1  unreadable file", output);
        Assert.Contains("warning: test/Robin/copy.png of the test split is the same picture as train/Robin/1.png of the training split.", output);
        Assert.Contains("and 2 more of these; --json lists all", output); // twelve repetitions, ten of them listed
    }

    [Fact]
    public async Task Json_lists_every_finding_with_all_that_is_known_of_it()
    {
        WriteSick();
        (int code, string output) = await Doctor("--dataset", "folder", "--data", _folder.Path, "--smallest-class", "1", "--json");
        Assert.Equal(2, code);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(17, report.GetProperty("photographs").GetInt32());
        Assert.False(report.GetProperty("isHealthy").GetBoolean());
        Assert.Equal(80, report.GetProperty("width").GetProperty("median").GetInt32());
        JsonElement[] findings = [.. report.GetProperty("findings").EnumerateArray()];
        Assert.Equal(
            ("unreadableFile", "error", "train/Wren/torn.jpg"),
            (Text(findings[0], "kind"), Text(findings[0], "severity"), Text(findings[0], "imagePath")));
        Assert.Equal(("inBothSplits", "test/Robin/copy.png"), (Text(findings[1], "kind"), Text(findings[1], "testPath")));
        Assert.Equal(12, findings.Count(finding => Text(finding, "kind") == "repeatedPicture"));
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;

    private static async Task<(int Code, string Output)> Doctor(params string[] arguments)
    {
        using var output = new StringWriter();
        int code = await DoctorVerb.Create().Parse(arguments).InvokeAsync(new() { Output = output }, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }

    private void WriteSick()
    {
        byte[] robin = ImageCodec.EncodePng(Pictures.Of(80, 80, 1)), wren = ImageCodec.EncodePng(Pictures.Of(80, 80, 2));
        _folder.Write("train/Robin/1.png", robin);
        _folder.Write("test/Robin/copy.png", robin);
        for (int i = 0; i < 13; i++) _folder.Write($"train/Wren/{i}.png", wren);
        _folder.Write("train/Wren/torn.jpg", ImageCodec.EncodeJpeg(Pictures.Of(80, 80), 90).AsSpan(..900));
        _folder.Write("test/Wren/other.png", ImageCodec.EncodePng(Pictures.Of(80, 80, 3)));
    }
}
