using TorchSharp;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Chooses the provider of dense products.</summary>
internal static class DenseProducts
{
    /// <summary>libtorch if it can be loaded, otherwise MathNet.</summary>
    public static IDenseProducts Best()
    {
        try
        {
            torch.TryInitializeDeviceType(DeviceType.CPU);
            using torch.Tensor probe = torch.zeros(1);
            return new TorchProducts();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or NotSupportedException or BadImageFormatException
            or EntryPointNotFoundException or FileNotFoundException)
        {
            return new MathNetProducts();
        }
    }
}
