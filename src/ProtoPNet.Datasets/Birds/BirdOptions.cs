namespace ProtoPNet.Datasets;

/// <summary>The options for painting procedural birds.</summary>
public sealed record BirdOptions
{
    /// <summary>The number of species, taken in order from <see cref="BirdSpecies.All"/>: 2 … 16.</summary>
    public int Species { get; init => field = Within(value, 2, BirdSpecies.All.Count, nameof(Species)); } = 8;

    /// <summary>Training pictures per species, at least 1.</summary>
    public int TrainPerSpecies { get; init => field = Within(value, 1, 1_000_000, nameof(TrainPerSpecies)); } = 40;

    /// <summary>Test pictures per species, 0 or more.</summary>
    public int TestPerSpecies { get; init => field = Within(value, 0, 1_000_000, nameof(TestPerSpecies)); } = 20;

    /// <summary>Side of a picture in pixels, 32 … 1024.</summary>
    public int Size { get; init => field = Within(value, 32, 1024, nameof(Size)); } = 128;

    /// <summary>The same seed paints the same birds.</summary>
    public int Seed { get; init; } = 1;

    private static int Within(int value, int least, int most, string name)
        => value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be between {least} and {most}.");
}
