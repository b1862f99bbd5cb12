using ProtoPNet.MLNet.Training.Features;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Whole banks.</summary>
internal static class Banks
{
    public static void Fill(this FeatureBank bank, Action<double> progress) => bank.Fill(Rows(bank), progress);

    public static string? Shortage(this FeatureBank bank) => bank.Shortage(Rows(bank));

    private static int[] Rows(FeatureBank bank) => [.. Enumerable.Range(0, bank.Count)];
}
