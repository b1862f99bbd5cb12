using System.Reflection;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.Cli;

/// <summary>What went wrong, said in a line; the place in the code only where it is a fault of the program.</summary>
internal static class Failures
{
    private const int Failed = 1, Cancelled = 130;

    public static async Task<int> Reported(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Cancelled.");
            return Cancelled;
        }
        catch (Exception e)
        {
            Exception reason = Unwrapped(e);
            await Console.Error.WriteLineAsync(IsExpected(reason) ? $"error: {reason.Message}" : $"error: {reason}");
            return Failed;
        }
    }

    /// <summary>ML.NET calls loaders by reflection, which wraps their exceptions.</summary>
    private static Exception Unwrapped(Exception e)
        => e is TargetInvocationException or AggregateException && e.InnerException is { } inner ? Unwrapped(inner) : e;

    private static bool IsExpected(Exception e) => e is IOException or UnauthorizedAccessException or FormatException or ArgumentException
        or InvalidOperationException or NotSupportedException or DatasetException or UnreadableImageException or WeightsFormatException
        or StateDictMismatchException or LibtorchUnavailableException or WeightsUnavailableException;
}
