namespace ProtoPNet.MLNet.Training;

/// <summary>Durations as clocks show them.</summary>
internal static class ClockText
{
    /// <summary>Hours, minutes and seconds; a run of 30 hours has 30 of them.</summary>
    public static string Of(TimeSpan duration) => $"{(int)duration.TotalHours:00}:{duration:mm\\:ss}";
}
