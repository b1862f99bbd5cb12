using System.Reflection;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>ML.NET's ResNet-18 in its package, whose folder the build writes into this assembly.</summary>
internal static class DnnResNet18File
{
    private static readonly string s_models = typeof(DnnResNet18File).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "DnnImageModels").Value!;

    /// <summary>The network.</summary>
    public static string Path { get; } = System.IO.Path.Combine(s_models, "ResNet18Onnx", "ResNet18.onnx");

    /// <summary>What the package does to images before.</summary>
    public static string Preprocessing { get; } = System.IO.Path.Combine(s_models, "ResNetPrepOnnx", "ResNetPreprocess.onnx");
}
