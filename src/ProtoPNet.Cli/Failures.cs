using System.Reflection;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>Reports an error in a line or two; a stack trace is shown only for bugs in the program.</summary>
internal static class Failures
{
    private const int Failed = 1, Cancelled = 130;

    private static readonly Assembly[] Ours = [typeof(Failures).Assembly, typeof(ProtoPNetTrainer).Assembly, typeof(ImageDataset).Assembly];

    public static async Task<int> Reported(Func<Task<int>> run, TextWriter error)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Cancelled.");
            return Cancelled;
        }
        catch (Exception e)
        {
            await error.WriteLineAsync(Text(e));
            return Failed;
        }
    }

    /// <summary>The text to show for an exception that ended a verb.</summary>
    public static string Text(Exception e)
    {
        Exception reason = Unwrapped(e);
        return IsExpected(reason)
            ? $"error: {Wording.OfTool(reason)}"
            : $"error: This is a bug in protopnet; please report it with these lines.\n{reason}";
    }

    /// <summary>ML.NET calls loaders by reflection, which wraps their exceptions.</summary>
    private static Exception Unwrapped(Exception e)
        => e is TargetInvocationException or AggregateException && e.InnerException is { } inner ? Unwrapped(inner) : e;

    /// <summary>
    /// Our own exceptions, file-system errors, and general exceptions that this project or ML.NET throws deliberately. Those thrown by the
    /// runtime ("Sequence contains no elements") are bugs.
    /// </summary>
    private static bool IsExpected(Exception e)
        => Ours.Contains(e.GetType().Assembly)
            || e is IOException or UnauthorizedAccessException or DllNotFoundException
            || (e is FormatException or ArgumentException or InvalidOperationException or NotSupportedException && IsWritten(e.TargetSite));

    private static bool IsWritten(MethodBase? thrower)
        => thrower?.DeclaringType?.Assembly is { } assembly
            && (Ours.Contains(assembly) || assembly.GetName().Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal));
}
