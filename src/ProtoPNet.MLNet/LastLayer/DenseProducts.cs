using TorchSharp;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Chooses who multiplies.</summary>
internal static class DenseProducts
{
    /// <summary>libtorch where it can be loaded, else MathNet.</summary>
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
