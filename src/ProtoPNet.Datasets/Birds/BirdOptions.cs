namespace ProtoPNet.Datasets;

/// <summary>How many procedural birds to paint.</summary>
public sealed record BirdOptions
{
    /// <summary>How many species, from the first of <see cref="BirdSpecies.All"/> on: 2 … 16.</summary>
    public int Species { get; init => field = Within(value, 2, BirdSpecies.All.Count, nameof(Species)); } = 8;

    /// <summary>Pictures of each species to train with, at least 1.</summary>
    public int TrainPerSpecies { get; init => field = Within(value, 1, 1_000_000, nameof(TrainPerSpecies)); } = 40;

    /// <summary>Pictures of each species to test with, 0 or more.</summary>
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
