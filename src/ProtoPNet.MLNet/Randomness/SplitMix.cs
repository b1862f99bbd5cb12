namespace ProtoPNet.MLNet.Randomness;

/// <summary>SplitMix64: a counter and a mixing function in which every input bit affects every output bit.</summary>
internal static class SplitMix
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    /// <summary>The next number of the sequence that <paramref name="state"/> counts.</summary>
    public static ulong Next(ref ulong state) => Mix(state += Increment);

    /// <summary>A number that depends on both: one link of a chain of keys.</summary>
    public static ulong Combine(ulong key, ulong value) => Mix(Mix(key + Increment) ^ value);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
