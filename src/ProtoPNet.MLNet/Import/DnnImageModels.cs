using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Import;

/// <summary>ML.NET's own ResNet-18, out of the files of its NuGet package.</summary>
internal static class DnnImageModels
{
    /// <summary>The environment variable that names the folder <c>DnnImageModels</c> where it lies elsewhere.</summary>
    public const string Variable = "PROTOPNET_DNN_MODELS";

    private const string Folder = "DnnImageModels", Package = "Microsoft.ML.DnnImageFeaturizer.ResNet18";

    private static readonly string s_file = Path.Combine("ResNet18Onnx", "ResNet18.onnx");

    /// <summary>The means are those of the package's mean image, which is nearly the same everywhere.</summary>
    public static OnnxBackboneOptions ResNet18Options { get; } = new()
    {
        Name = "DnnResNet18",
        Normalisation = InputNormalisation.MinusMean(123.15, 115.90, 103.06),
        Channels = ChannelOrder.Bgr,
    };

    /// <exception cref="FileNotFoundException">Its file is nowhere; the message names the package.</exception>
    public static Backbone ResNet18() => OnnxFileBackbone.Of(
        Find(AppContext.BaseDirectory, Environment.GetEnvironmentVariable(Variable), NuGetPackages.Folder), ResNet18Options);

    /// <summary>The file in the folder that was named, else beside the application, else in the newest package of the packages folder.</summary>
    public static string Find(string application, string? named, string packages)
    {
        if (!string.IsNullOrEmpty(named))
        {
            string there = Path.Combine(named, s_file);
            return File.Exists(there) ? there : throw new FileNotFoundException(
                $"{Variable} is '{named}', but there is no '{there}'. Name the folder {Folder} of the package {Package}.", there);
        }
        string beside = Path.Combine(application, Folder, s_file), package = Path.Combine(packages, Package.ToLowerInvariant());
        if (File.Exists(beside)) return beside;
        return (Directory.Exists(package) ? Directory.EnumerateDirectories(package) : [])
            .OrderByDescending(path => Version.TryParse(Path.GetFileName(path), out Version? version) ? version : new())
            .Select(path => Path.Combine(path, "tools", Folder, s_file)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"ML.NET's ResNet-18 is not there: neither '{beside}' nor the package {Package} in '{packages}'. "
                + $"Add the package to the application (dotnet add package {Package} --version 0.23.1), which brings the file to its output, "
                + $"or set {Variable} to the package's folder {Folder}.", beside);
    }
}
