using System.Globalization;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>Chooses the device to compute on.</summary>
internal static class ComputeDevice
{
    /// <summary>The device named by <paramref name="wanted"/>, or by the host's settings if it is null.</summary>
    public static Device Choose(string? wanted, IHostEnvironment environment)
    {
        if (wanted is null)
        {
            var host = (IHostEnvironmentInternal)environment;
            if (host.GpuDeviceId is not { } gpu) return CPU;
            if (cuda.is_available() && gpu >= 0 && gpu < cuda.device_count()) return new Device(DeviceType.CUDA, gpu);
            if (host.FallbackToCpu) return CPU;
            throw environment.ExceptUserArg("GpuDeviceId",
                $"There is no CUDA device {gpu}: {Found()}. Set FallbackToCpu = true to compute on the CPU instead.");
        }
        if (wanted.Equals("cpu", StringComparison.OrdinalIgnoreCase)) return CPU;
        string[] parts = wanted.ToLowerInvariant().Split(':');
        int index = 0;
        if (parts[0] != "cuda" || parts.Length > 2 || parts.Length == 2 && !int.TryParse(parts[1], CultureInfo.InvariantCulture, out index))
            throw environment.ExceptUserArg("Device", $"Device is '{wanted}'; it must be 'cpu', 'cuda', or 'cuda:0', 'cuda:1' and so on.");
        if (!cuda.is_available() || index < 0 || index >= cuda.device_count())
            throw environment.ExceptUserArg("Device",
                $"There is no device '{wanted}': {Found()}. A GPU needs NVIDIA's driver and the package TorchSharp-cuda-linux (or -windows) "
                + "in place of the CPU's libtorch; or use 'cpu'.");
        return new Device(DeviceType.CUDA, index);
    }

    private static string Found() => cuda.is_available() ? $"{cuda.device_count()} found" : "libtorch sees no CUDA GPU";
}
