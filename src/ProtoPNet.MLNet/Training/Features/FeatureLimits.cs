namespace ProtoPNet.MLNet.Training.Features;

/// <summary>The space for kept features.</summary>
/// <param name="MemoryBytes">Bytes in memory.</param>
/// <param name="DiskBytes">Bytes on disk.</param>
/// <param name="TemporaryFolder">The folder of temporary files, which disappear with the run.</param>
internal sealed record FeatureLimits(long MemoryBytes, long DiskBytes, string TemporaryFolder)
{
    /// <summary>No space: features are computed whenever they are needed.</summary>
    public static FeatureLimits None { get; } = new(0, 0, "");

    /// <summary>A folder of files that stay after the run and serve later ones; null for temporary files.</summary>
    public string? KeptFolder { get; init; }
}
