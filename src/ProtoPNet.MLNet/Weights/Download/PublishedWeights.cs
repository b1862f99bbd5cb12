namespace ProtoPNet.MLNet.Weights;

/// <summary>The ImageNet weight files published by torchvision; each name ends with the first eight digits of its SHA-256.</summary>
internal static class PublishedWeights
{
    public static Uri Server { get; } = new("https://download.pytorch.org/models/");

    /// <summary>By torchvision's network name: the weights of the original papers' recipes, as used by the published ProtoPNet.</summary>
    public static IReadOnlyDictionary<string, string> Files { get; } = new[]
    {
        "vgg11-8a719046.pth", "vgg11_bn-6002323d.pth", "vgg13-19584684.pth", "vgg13_bn-abd245e5.pth", "vgg16-397923af.pth", "vgg16_bn-6c64b313.pth",
        "vgg19-dcbb9e9d.pth", "vgg19_bn-c79401a0.pth", "resnet18-f37072fd.pth", "resnet34-b627a593.pth", "resnet50-0676ba61.pth",
        "resnet101-63fe2227.pth", "resnet152-394f9c45.pth", "densenet121-a639ec97.pth", "densenet161-8d451a50.pth", "densenet169-b2777c0a.pth",
        "densenet201-c1103571.pth",
    }.ToDictionary(file => file[..file.IndexOf('-', StringComparison.Ordinal)]);

    /// <summary>The digits in a file name.</summary>
    public static string HashPrefix(string file) => Path.GetFileNameWithoutExtension(file) is var name ? name[(name.LastIndexOf('-') + 1)..] : "";
}
