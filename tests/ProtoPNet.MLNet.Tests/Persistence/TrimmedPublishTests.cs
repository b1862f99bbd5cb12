using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>Publishes and runs a self-contained, trimmed application as described in the README.</summary>
public sealed class TrimmedPublishTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_trimmed_application_loads_and_scores_and_says_what_to_install_where_libtorch_is_missing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "Publishes for linux-x64 only.");
        var ml = new MLContext();
        using ProtoPNetTransformer transformer = Transformer();
        ml.Model.Save(transformer, ml.Data.LoadFromEnumerable(Photos(1)).Schema, _folder.In("model.zip"));
        string picture = _folder.Write("bird.png", ImageCodec.EncodePng(Picture(1)));
        string[] arguments = [_folder.In("model.zip"), picture];
        string app = Path.Combine(Publish(), "App");

        string without = Run(app, arguments, expected: 1);
        Assert.StartsWith("LibtorchUnavailableException: libtorch was not found.", without);
        Assert.Contains("dotnet add package libtorch-cpu-linux-x64 --version 2.10.0", without);

        LinkLibtorch(Path.GetDirectoryName(app)!);
        float[] expected = transformer.Transform(ml.Data.LoadFromEnumerable(Photos(2))).GetColumn<float[]>("Score").Last();
        float[] found = [.. Run(app, arguments, expected: 0).Trim(' ', '[', ']', '\n').Split(' ').Select(s => float.Parse(s, CultureInfo.InvariantCulture))];
        Assert.Equal(expected, found, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    public void Dispose() => _folder.Dispose();

    private string Publish()
    {
        string sources = Path.Combine(Shared.Root, "tests", "ProtoPNet.MLNet.Tests", "Persistence");
        File.Copy(Path.Combine(sources, "TrimmedApp.xml"), _folder.In("App.csproj"));
        File.Copy(Path.Combine(sources, "TrimmedApp.txt"), _folder.In("Program.cs"));
        File.Copy(Path.Combine(Shared.Root, "Directory.Packages.props"), _folder.In("Directory.Packages.props"));
        string library = $"-p:Library={typeof(ProtoPNetTransformer).Assembly.Location}";
        (int code, string output) = Start("dotnet", ["restore", _folder.In("App.csproj"), library]);
        Assert.SkipUnless(code == 0, $"The packages for trimming cannot be restored here: {output}");
        (code, output) = Start("dotnet",
            ["publish", _folder.In("App.csproj"), "--no-restore", "-o", _folder.In("out"), library, "-nodeReuse:false", "-p:UseSharedCompilation=false"]);
        Assert.True(code == 0, output);
        return _folder.In("out");
    }

    /// <summary>Half a gigabyte, so not copied.</summary>
    private static void LinkLibtorch(string into)
    {
        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        string libtorch = folders.First(folder => File.Exists(Path.Combine(folder, "libtorch_cpu.so")));
        foreach (string file in Directory.GetFiles(libtorch))
            if (Path.Combine(into, Path.GetFileName(file)) is var link && !File.Exists(link)) File.CreateSymbolicLink(link, file);
    }

    private static string Run(string app, string[] arguments, int expected)
    {
        (int code, string output) = Start(app, arguments);
        Assert.True(code == expected, $"Exit code {code}: {output}");
        return output;
    }

    private static (int Code, string Output) Start(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
