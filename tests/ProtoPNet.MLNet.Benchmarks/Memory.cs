using System.Diagnostics;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>The memory use of the process.</summary>
internal static class Memory
{
    private const double Mebibyte = 1 << 20;

    /// <summary>The peak resident memory of the process, in MB.</summary>
    public static double PeakMB()
    {
        using Process process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / Mebibyte, 1);
    }

    /// <summary>The current resident memory of the process, in MB.</summary>
    public static double NowMB()
    {
        using Process process = Process.GetCurrentProcess();
        return Math.Round(process.WorkingSet64 / Mebibyte, 1);
    }
}
