using System.Diagnostics;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>What the process takes of the machine's memory.</summary>
internal static class Memory
{
    private const double Mebibyte = 1 << 20;

    /// <summary>The most memory that the process has held resident so far, in MB.</summary>
    public static double PeakMB()
    {
        using Process process = Process.GetCurrentProcess();
        return Math.Round(process.PeakWorkingSet64 / Mebibyte, 1);
    }

    /// <summary>The memory that the process holds resident now, in MB.</summary>
    public static double NowMB()
    {
        using Process process = Process.GetCurrentProcess();
        return Math.Round(process.WorkingSet64 / Mebibyte, 1);
    }
}
