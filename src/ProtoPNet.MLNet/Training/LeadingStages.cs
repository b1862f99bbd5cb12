namespace ProtoPNet.MLNet.Training;

/// <summary>Resolves the number of frozen stages in a phase's settings for a given backbone.</summary>
internal static class LeadingStages
{
    /// <summary>The number of leading stages that are frozen; the last one never is.</summary>
    /// <param name="wanted">The number of stages to freeze; if negative, counted from the end: −2 freezes all but the last two.</param>
    /// <param name="stages">The number of stages in the backbone, at least 1.</param>
    public static int Frozen(int wanted, int stages) => Math.Clamp(wanted < 0 ? stages + wanted : wanted, 0, stages - 1);
}
