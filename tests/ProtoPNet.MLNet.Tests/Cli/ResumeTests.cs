using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using ProtoPNet.Cli.Verbs;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>The tool in a separate process, which is killed or asked to terminate.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ResumeTests()
    {
        ProceduralBirds.Write(_folder.In("birds"), new BirdOptions { Species = 2, TrainPerSpecies = 8, TestPerSpecies = 2, Size = 48, Seed = 1 });
        Schedule(jointEpochs: 4);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_at_random_moments_and_resumed_the_tool_comes_to_the_same_model()
    {
        Assert.Equal(0, await TrainVerb.Create().Parse(Arguments("straight")[1..])
            .InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        var random = new Random();
        for (int kill = 0; kill < 2; kill++)
        {
            using Process process = Start("killed", "--resume", "--checkpoint-every", "0");
            await NewCheckpoints("killed", process, random.Next(1, 6));
            await Task.Delay(random.Next(100), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, await Ended(Start("killed", "--resume")));
        Assert.Equal(Entries("straight"), Entries("killed"));
        Assert.Equal(Figures("straight"), Figures("killed"));
        Assert.Equal(1 + 2 + 4 + 2, Figures("killed").Length);
        Assert.Equal(
            ["interpretability.html", "metrics.csv", "metrics.json", "model.zip", "training.html"],
            Directory.GetFileSystemEntries(_folder.In("killed")).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(
            "http-equiv=\"refresh\"",
            await File.ReadAllTextAsync(Path.Combine(_folder.In("killed"), "training.html"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("INT", 2)]
    [InlineData("TERM", 15)]
    public async Task Asked_to_end_the_tool_keeps_a_checkpoint_and_says_how_to_go_on(string signal, int number)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal to send to another process.");
        Assert.SkipWhen(IsIgnored(number), $"The shell that runs the tests ignores SIG{signal}, as for background jobs, and so do its children.");
        Schedule(jointEpochs: 10_000); // endless: it must not finish before the signal
        using Process asked = Start("out", "--checkpoint-every", "0");
        await NewCheckpoints("out", asked, 8); // after the first epoch
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{asked.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Task<string> errors = asked.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, await Ended(asked));
        Assert.Contains("with --resume", await errors);
        Assert.NotNull(TrainingCheckpoint.In(Path.Combine(_folder.In("out"), "checkpoint")));
        Assert.Contains(
            "<meta http-equiv=\"refresh\"",
            await File.ReadAllTextAsync(Path.Combine(_folder.In("out"), "training.html"), TestContext.Current.CancellationToken));

        using Process again = Start("out");
        errors = again.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await Ended(again));
        Assert.Contains("Add --resume to continue it", await errors);
    }

    private static bool IsIgnored(int signal)
    {
        string[] status = File.Exists("/proc/self/status") ? File.ReadAllLines("/proc/self/status") : [];
        return status.FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
            && (Convert.ToUInt64(ignored[7..].Trim(), 16) >> (signal - 1) & 1) == 1;
    }

    private void Schedule(int jointEpochs)
        => File.WriteAllText(_folder.In("schedule.json"), (TrainingSchedule.Default with
        {
            Phases =
            [
                new WarmUp(2) { Views = 2, BatchSize = 8 }, new Joint(jointEpochs) { BatchSize = 4 },
                new Projection(), new AnchoredTuning(2) { BatchSize = 8 }, new Projection(),
                new LastLayerFit(1e-3) { Views = 2 },
            ],
        }).ToJson());

    private string[] Arguments(string output) =>
    [
        "train", "--dataset", "birds", "--data", _folder.In("birds"), "--backbone", "resnet18", "--stages", "1", "--image-size", "48",
        "--prototypes-per-class", "2", "--depth", "8",
        "--schedule", _folder.In("schedule.json"), "--output", _folder.In(output),
    ];

    private Process Start(string output, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1" },
        };
        foreach (string argument in (string[])[typeof(TrainVerb).Assembly.Location, .. Arguments(output), .. more]) start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task<int> Ended(Process process)
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>Waits until the process has written the given number of checkpoints, or exited.</summary>
    private async Task NewCheckpoints(string output, Process process, int count)
    {
        string path = TrainingCheckpoint.PathIn(Path.Combine(_folder.In(output), "checkpoint"));
        DateTime last = File.GetLastWriteTimeUtc(path);
        while (count > 0 && !process.HasExited)
        {
            await Task.Delay(2, TestContext.Current.CancellationToken);
            if (File.GetLastWriteTimeUtc(path) == last) continue;
            last = File.GetLastWriteTimeUtc(path);
            count--;
        }
    }

    private string[] Entries(string output)
    {
        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(_folder.In(output), "model.zip"));
        return [.. zip.Entries.OrderBy(e => e.FullName).Select(e =>
        {
            using Stream stream = e.Open();
            return $"{e.FullName} {Convert.ToHexString(SHA256.HashData(stream))}";
        })];
    }

    /// <summary>The contents of metrics.csv without the times.</summary>
    private string[] Figures(string output)
        => [.. File.ReadAllLines(Path.Combine(_folder.In(output), "metrics.csv")).Select(line => string.Join(',', line.Split(',')[..^2]))];
}
