using System.Numerics;

namespace ProtoPNet.MLNet.Randomness;

/// <summary>
/// A random generator (xoshiro256**) that gives the same numbers on every machine and version. Not thread-safe.
/// </summary>
internal sealed class DeterministicRandom
{
    private ulong _a, _b, _c, _d;

    /// <summary>Starts from any seed, 0 included: SplitMix64 spreads it over the state.</summary>
    public DeterministicRandom(ulong seed)
        => (_a, _b, _c, _d) = (SplitMix.Next(ref seed), SplitMix.Next(ref seed), SplitMix.Next(ref seed), SplitMix.Next(ref seed));

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0 … <paramref name="exclusive"/> − 1, without bias.</summary>
    public int NextInt(int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusive, 1);
        // Multiply and keep the high word; the few low words that would bias towards small numbers are redrawn.
        ulong range = (ulong)exclusive, reject = (0 - range) % range, high, low;
        do high = Math.BigMul(NextUInt64(), range, out low);
        while (low < reject);
        return (int)high;
    }

    /// <summary>Standard normal (Box-Muller; two uniforms each, so that nothing is cached outside the state).</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(Math.Tau * NextDouble());
    }

    /// <summary>Puts <paramref name="items"/> in random order, each order equally likely.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>0 … <paramref name="count"/> − 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) order[i] = i;
        Shuffle<int>(order);
        return order;
    }
}
