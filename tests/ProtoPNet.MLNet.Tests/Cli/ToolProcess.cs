using System.Diagnostics;
using ProtoPNet.Cli.Verbs;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Runs the tool in a separate process: its output and exit code.</summary>
internal sealed record ToolProcess(int ExitCode, string Output, string Errors)
{
    /// <summary>The photographs reported as left out, in order.</summary>
    public string[] LeftOut { get; } = [.. Errors.Split('\n').Where(line => line.StartsWith("left out: ", StringComparison.Ordinal))
        .Select(line => line["left out: ".Length..].Split(": ")[0]).Order(StringComparer.Ordinal)];

    public static async Task<ToolProcess> Run(params IEnumerable<string> arguments)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var process = new Process();
        process.StartInfo = new("dotnet", [typeof(TrainVerb).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1" },
        };
        process.Start();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return new(process.ExitCode, await output, await errors);
    }
}
