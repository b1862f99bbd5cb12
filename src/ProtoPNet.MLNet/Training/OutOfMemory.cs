using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>Tells what to do where libtorch has found no memory.</summary>
/// <remarks>
/// Most of TorchSharp's functions turn libtorch's errors into exceptions; where one does not (matrix products), the process ends at once.
/// </remarks>
internal static class OutOfMemory
{
    /// <summary>Whether libtorch says so: CUDA's allocator and the CPU's each in its words.</summary>
    public static bool Is(Exception error) => error is ExternalException
        && (error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase));

    /// <summary>The error to throw instead, with the batch size to try.</summary>
    public static InvalidOperationException Explained(Exception error, int batch, ProtoPNetNetwork network)
    {
        int size = network.Architecture.ImageSize;
        string remedy = batch > 1 ? $"Half of it may fit: set the phase's BatchSize to {batch / 2}, or take smaller images."
            : "Take smaller images, or cut the backbone after fewer stages.";
        return new($"There is not enough memory on '{network.PrototypeVectors.device}' for a step with {batch} views of {size}×{size} pixels through "
            + $"{network.Architecture.Backbone}. {remedy} libtorch says: {FirstLine(error.Message)}", error);
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();
}
