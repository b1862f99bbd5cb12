using System.Diagnostics;

namespace ProtoPNet.Cli.Measures;

internal static class PeakMemory
{
    /// <summary>The peak resident set of this process, in MB (10⁶ bytes).</summary>
    public static double Megabytes()
    {
        using Process process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / 1e6, 1);
    }
}
