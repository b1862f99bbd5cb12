using ProtoPNet.Cli;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Wrong input to the tool: every error message is a line or two saying what to do.</summary>
public sealed class WrongInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public WrongInputTests()
    {
        _folder.Write("text", "no zip, no picture, no JSON");
        Directory.CreateDirectory(_folder.In("empty"));
        _folder.Write("photographs/robin/1.jpg", "");
        _folder.Write("photographs/wren/1.jpg", "");
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Wrong { get; } = new()
    {
        { "frobnicate", "Unrecognized command or argument 'frobnicate'" },
        { "train", "'--data' is required" },
        { "train --dataset cub --output {}/out", "'--data' is required" },
        { "train --data {}/absent --output {}/out", "There is no folder" },
        { "predict --model {}/text {}/absent.jpg", "There is no photograph or folder" },
        { "predict --model {}/text {}/empty", "no photographs" },
        { "predict --model {}/text {}/text --top 0", "--top is '0'; it must be" },
        { "completion cmd", "'cmd'" },
        { "train --dataset nothing --data {} --output {}/out", "'nothing' not recognized" },
        { "train --dataset folder --data {}/absent --output {}/out", "There is no folder" },
        { "train --dataset folder --data {}/empty --output {}/out", "has no subfolders" },
        { "train --dataset folder --data {} --output {}/out --depth 9x", "--depth is '9x'; it must be a whole number" },
        { "evaluate --model {}/text --dataset folder --data {} --abstain-below little", "--abstain-below is 'little'; it must be a number" },
        { "predict {}/text --model {}/text --abstain-below little", "--abstain-below is 'little'; it must be a number" },
        { "predict {}/text --model {}/text --abstain-below 1e39", "--abstain-below is '1e39'; it must be a number from -1000000 to 1000000" },
        { "predict {}/text --model {}/text --abstain-below NaN", "--abstain-below is 'NaN'; it must be a number" },
        { "train --dataset folder --data {} --output {}/out --depth 9", "no training photographs" },
        { "train --dataset folder --data {} --output {}/out --depth 0", "--depth is 0; it must be from 1 to 4096" },
        { "train --dataset folder --data {} --output {}/out --prototypes-per-class 2000000000", "--prototypes-per-class is 2000000000; it must be" },
        { "train --dataset folder --data {} --output {}/out --image-size 31", "--image-size is 31; it must be from 32 to 4096" },
        { "train --dataset folder --data {} --output {}/out --stages 9", "cut it after 1 to 4" },
        { "train --dataset folder --data {} --output {}/out --validation 0.99", "--validation is 0.99; it must be from 0 to 0.5" },
        { "train --dataset folder --data {} --output {}/out --validation NaN", "--validation is 'NaN'; it must be a number" },
        { "train --dataset folder --data {} --output {}/out --checkpoint-every NaN", "it must be a number from 0 to 1000000" },
        { "train --dataset folder --data {} --output {}/out --checkpoint-every 1e300", "it must be a number from 0 to 1000000" },
        { "train --dataset folder --data {} --output {}/out --latent-space cone", "it must be cube or sphere" },
        { "train --dataset folder --data {} --output {}/out --backbone resnet19", "no backbone 'resnet19'" },
        { "train --dataset folder --data {} --output {}/out --weights {}/absent", "There is no weights file" },
        { "train --dataset folder --data {} --output {}/out --weights none", "always starts from its own. Leave the option out" },
        { "train --dataset folder --data {} --output {}/out --weights {}", "is a folder, not a weights file" },
        { "train --dataset folder --data {} --output {}/out --schedule {}/absent", "there is no such file" },
        { "train --dataset folder --data {} --output {}/out --schedule {}/text", "line 1, column 2: this is not JSON" },
        { "train --dataset folder --data {} --output {}/text", "is a file, not a folder to write to" },
        { "train --dataset folder --data {} --output {}/text/out", "cannot be written to" },
        { "train --dataset folder --data {}/photographs --output {}/out --crop", "but 'photographs' has none. Leave --crop out" },
        { "evaluate --model {}/absent.zip --dataset folder --data {}", "There is no model" },
        { "evaluate --model {} --dataset folder --data {}", "is a folder, not a model" },
        { "inspect --model {} --dataset folder --data {}", "is a folder, not a model" },
        { "export --model {}/text --format onnx --output {}/net.onnx", "is it the model.zip that 'protopnet train' writes?" },
        { "export --model {}/text --format onnx --output {}/text", "already exists. Choose another path, or add --force" },
        { "export --model {}/text --format onnx --output {}/empty", "is a folder, not a file to write to" },
        { "export --model {}/text --format onnx --output {}/text/net.onnx", "cannot be written" },
        { "export --model {}/text --format pickle --output {}/net.onnx", "'pickle' not recognized" },
        { "prototypes --model {}/text --dataset folder --data {} --output {}/text", "cannot be written" },
        { "prototypes --model {}/text --dataset folder --data {} --output {}/out --nearest 0", "--nearest is '0'; it must be" },
        { "explain --model {}/text --image {}/absent.jpg --output {}/out", "There is no photograph" },
        { "explain --model {}/text --image {} --output {}/out", "is a folder, not a photograph" },
        { "explain --model {}/text --image {}/text --output {}/out --classes -1", "--classes is '-1'; it must be" },
        { "prune --model {}/text --output {}/new.zip --l1 NaN --remove 1", "--l1 is 'NaN'" },
        { "prune --model {}/text --output {}/new.zip --rule --nearest 3 --threshold 5", "--threshold is 5; it must be from 0 to --nearest (3)" },
        { "prune --model {}/text --output {}/new.zip --edits {}/text", "holds no edits" },
        { "prune --model {}/text --output {}/new.zip --edits {}/absent", "There is no file of edits" },
        { "prune --model {}/text --output {}/new.zip --by Ada", "--by names who made the edits" },
        { "prune --model {}/text --output {}/text --remove 1", "is the model itself" },
        { "import --checkpoint {} --output {}/new.zip", "is a folder, not a checkpoint" },
        { "import --checkpoint {}/text --output {}/new.zip --classes {}", "is a folder, not a list of classes" },
        { "import --checkpoint {}/text --output {}/new.zip", "neither a safetensors file nor" },
        { "import --checkpoint {}/text --output {}/new.zip --image-size big", "--image-size is 'big'; it must be a whole number" },
        { "doctor --dataset folder --data {}/text", "There is no folder" },
        { "doctor --dataset folder --data {} --smallest-class x", "--smallest-class is 'x'; it must be a whole number" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_command_is_refused_in_a_line_or_two_that_say_why(string command, string expected)
    {
        string before = Listing();
        using var error = new StringWriter();
        string[] arguments = [.. command.Split(' ').Select(word => word.Replace("{}", _folder.Path, StringComparison.Ordinal))];
        Assert.Equal(1, await Tool.Run(arguments, TextWriter.Null, error, TestContext.Current.CancellationToken));
        string said = error.ToString().Trim();
        Assert.StartsWith("error: ", said);
        Assert.Contains(expected, said, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(said.Split('\n').Length, 1, 2);
        foreach (string foreign in (string[])["   at ", "(Parameter", "Actual value", "System.", "..", "bug in protopnet"])
            Assert.DoesNotContain(foreign, said);
        Assert.EndsWith(".", said);
        Assert.Equal(before, Listing());
    }

    /// <summary>Rejected commands leave nothing behind.</summary>
    private string Listing() => string.Join('\n', Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).Order());
}
