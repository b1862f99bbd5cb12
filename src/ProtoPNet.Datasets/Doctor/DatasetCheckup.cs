namespace ProtoPNet.Datasets;

/// <summary>The distribution of one dimension of the readable photographs, in pixels.</summary>
public readonly record struct SizeSpread(int Least, int Median, int Most)
{
    internal static SizeSpread Of(IEnumerable<int> values)
    {
        int[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? default : new(sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Least} … {Median} … {Most}";
}

/// <summary>The result of <see cref="DatasetDoctor.Examine"/>.</summary>
/// <param name="Photographs">The number of photographs examined, readable or not, excluding unsupported formats.</param>
/// <param name="Width">The distribution of widths.</param>
/// <param name="Height">The distribution of heights.</param>
/// <param name="Findings">The problems found, most severe first, then in data set order.</param>
public sealed record DatasetCheckup(int Photographs, SizeSpread Width, SizeSpread Height, IReadOnlyList<DatasetFinding> Findings)
{
    /// <summary>Whether nothing worse than a note was found.</summary>
    public bool IsHealthy => Findings.All(finding => finding.Severity == FindingSeverity.Note);

    /// <summary>The number of photographs that training would leave out.</summary>
    public int LeftOut => Findings.OfType<LeftOutFile>().Count();

    /// <summary>A one-sentence summary of how training would fare.</summary>
    public string Verdict
    {
        get
        {
            if (Findings.OfType<TrainingStop>().FirstOrDefault() is { } stop) return $"Training would stop: {stop.Text}";
            string leavesOut = $"Training would leave out {LeftOut} {(LeftOut == 1 ? "photograph" : "photographs")}: see the errors above.";
            bool suffers = Findings.Any(finding => finding.Severity == FindingSeverity.Warning);
            return (LeftOut, suffers) switch
            {
                (0, false) => "Ready for training.",
                (0, true) => "Results would suffer: see the warnings above.",
                (_, false) => leavesOut,
                (_, true) => $"{leavesOut} Results would suffer: see the warnings.",
            };
        }
    }
}

/// <summary>The thresholds of <see cref="DatasetDoctor"/>.</summary>
public sealed record DoctorOptions
{
    /// <summary>The minimum number of training photographs per class.</summary>
    public int SmallestClass { get; init; } = 10;

    /// <summary>The side in pixels below which a picture counts as small.</summary>
    public int SmallestSide { get; init; } = 64;

    /// <summary>The number of files read concurrently.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
