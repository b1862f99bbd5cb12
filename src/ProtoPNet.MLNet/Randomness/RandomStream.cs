namespace ProtoPNet.MLNet.Randomness;

/// <summary>The purposes of random numbers. Each has its own stream, so that draws for one neither repeat nor shift those of another.</summary>
internal enum RandomStream : ulong
{
    /// <summary>Initial weights.</summary>
    Weights,

    /// <summary>Initial patches of prototypes.</summary>
    PrototypeStart,

    /// <summary>Images that are held out.</summary>
    HeldOut,
}

/// <summary>Derives the generator of a purpose from the run's seed.</summary>
internal static class RandomStreams
{
    /// <summary>Far from the epoch numbers, from which the seeds of views are derived.</summary>
    private const ulong First = 1UL << 40;

    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The purpose.</param>
    /// <param name="part">A part of it, such as a class; its numbers do not depend on how many were drawn for other parts.</param>
    public static DeterministicRandom Random(ulong seed, RandomStream stream, int part = 0)
        => new(SplitMix.Combine(SplitMix.Combine(seed, First + (ulong)stream), (ulong)(uint)part));
}
