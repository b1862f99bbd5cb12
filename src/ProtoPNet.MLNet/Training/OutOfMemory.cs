using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>Explains libtorch's out-of-memory errors.</summary>
/// <remarks>
/// Most TorchSharp functions turn libtorch's errors into exceptions; a few do not (matrix products), and there the process dies.
/// </remarks>
internal static class OutOfMemory
{
    /// <summary>Whether the error is out of memory; CUDA's and the CPU's allocators word it differently.</summary>
    public static bool Is(Exception error) => error is ExternalException
        && (error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase));

    /// <summary>The error to throw instead, with the batch size to try.</summary>
    public static InvalidOperationException Explained(Exception error, int batch, ProtoPNetNetwork network)
    {
        int size = network.Architecture.ImageSize;
        string remedy = batch > 1 ? $"Half of it may fit: set the phase's BatchSize to {batch / 2}, or use smaller images."
            : "Use smaller images, or cut the backbone after fewer stages.";
        return new($"There is not enough memory on '{network.PrototypeVectors.device}' for a step with {batch} views of {size}×{size} pixels through "
            + $"{network.Architecture.Backbone}. {remedy} libtorch says: {FirstLine(error.Message)}", error);
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();
}
