namespace ProtoPNet.Datasets;

/// <summary>How one measure of the readable photographs, in pixels, is spread.</summary>
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

/// <summary>What <see cref="DatasetDoctor.Examine"/> found.</summary>
/// <param name="Photographs">Photographs looked at, readable or not; those of formats that are not read do not count.</param>
/// <param name="Width">The spread of the widths.</param>
/// <param name="Height">The spread of the heights.</param>
/// <param name="Findings">What is amiss, the worst first, then in the order of the data set.</param>
public sealed record DatasetCheckup(int Photographs, SizeSpread Width, SizeSpread Height, IReadOnlyList<DatasetFinding> Findings)
{
    /// <summary>Whether nothing worse than a note was found.</summary>
    public bool IsHealthy => Findings.All(finding => finding.Severity == FindingSeverity.Note);

    /// <summary>Photographs that training leaves out.</summary>
    public int LeftOut => Findings.OfType<LeftOutFile>().Count();

    /// <summary>In a sentence, what training would come to.</summary>
    public string Verdict
    {
        get
        {
            if (Findings.OfType<TrainingStop>().FirstOrDefault() is { } stop) return $"Training would stop: {stop.Text}";
            string leavesOut = $"Training would leave out {LeftOut} {(LeftOut == 1 ? "photograph" : "photographs")}: see the errors above.";
            bool suffers = Findings.Any(finding => finding.Severity == FindingSeverity.Warning);
            return (LeftOut, suffers) switch
            {
                (0, false) => "Fit to train with.",
                (0, true) => "Results would suffer: see the warnings above.",
                (_, false) => leavesOut,
                (_, true) => $"{leavesOut} Results would suffer: see the warnings.",
            };
        }
    }
}

/// <summary>What <see cref="DatasetDoctor"/> finds fault with.</summary>
public sealed record DoctorOptions
{
    /// <summary>Photographs a class should have to train with.</summary>
    public int SmallestClass { get; init; } = 10;

    /// <summary>The side in pixels below which a picture counts as small.</summary>
    public int SmallestSide { get; init; } = 64;

    /// <summary>Files read at once.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
