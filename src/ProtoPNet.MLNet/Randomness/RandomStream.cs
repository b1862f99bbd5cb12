namespace ProtoPNet.MLNet.Randomness;

/// <summary>What random numbers are drawn for. Each purpose has a stream of its own, so that no draw repeats or shifts those of another.</summary>
internal enum RandomStream : ulong
{
    /// <summary>Initial weights.</summary>
    Weights,

    /// <summary>Patches that prototypes start on.</summary>
    PrototypeStart,

    /// <summary>Images that are held out.</summary>
    HeldOut,
}

/// <summary>Derives the generator of a purpose from the run's seed.</summary>
internal static class RandomStreams
{
    /// <summary>Far from epochs, by which the seeds of views are derived.</summary>
    private const ulong First = 1UL << 40;

    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The purpose.</param>
    /// <param name="part">A part of it, such as a class, that does not depend on how much was drawn for the others.</param>
    public static DeterministicRandom Random(ulong seed, RandomStream stream, int part = 0)
        => new(SplitMix.Combine(SplitMix.Combine(seed, First + (ulong)stream), (ulong)(uint)part));
}
