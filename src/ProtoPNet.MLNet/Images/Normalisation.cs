namespace ProtoPNet.MLNet.Images;

/// <summary>The means and standard deviations of ImageNet's channels (red, green, blue; pixels in [0, 1]) that pretrained backbones expect.</summary>
internal static class Normalisation
{
    public const float RedMean = 0.485f, GreenMean = 0.456f, BlueMean = 0.406f;

    public const float RedStd = 0.229f, GreenStd = 0.224f, BlueStd = 0.225f;

    public static ReadOnlySpan<float> Mean => [RedMean, GreenMean, BlueMean];

    public static ReadOnlySpan<float> Std => [RedStd, GreenStd, BlueStd];
}
