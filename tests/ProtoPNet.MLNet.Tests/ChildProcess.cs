using System.Diagnostics;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Runs one explicit test in another process. The test assembly is a program, which is started again for that test.</summary>
internal static class ChildProcess
{
    /// <summary>Runs the explicit test <paramref name="method"/> of <paramref name="tests"/> with the given environment variables.</summary>
    /// <returns>Its output; fails if the process failed or crashed.</returns>
    public static string Run(Type tests, string method, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                typeof(ChildProcess).Assembly.Location, "-method", $"{tests.FullName}.{method}", "-explicit", "only", "-noLogo", "-showliveoutput",
            },
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"Exit code {process.ExitCode}. {output}{errors.Result}");
        return output;
    }
}
