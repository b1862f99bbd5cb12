using CsCheck;
using ProtoPNet.MLNet.Randomness;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Randomness;

public class DeterministicRandomTests
{
    [Fact]
    public void The_generator_is_xoshiro256_starstar()
    {
        // The first numbers from seed 0 by the authors' definition of the generator, its state filled by SplitMix64.
        DeterministicRandom random = new(0);
        Assert.Equal(
            [11091344671253066420UL, 13793997310169335082UL, 1900383378846508768UL, 7684712102626143532UL],
            new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64() });
    }

    [Fact]
    public void Every_purpose_and_part_has_a_stream_of_its_own()
    {
        var first = new HashSet<ulong>();
        foreach (ulong seed in (ulong[])[0, 1, 2])
        {
            first.Add(new DeterministicRandom(seed).NextUInt64());
            foreach (RandomStream stream in Enum.GetValues<RandomStream>())
                for (int part = 0; part < 3; part++) first.Add(RandomStreams.Random(seed, stream, part).NextUInt64());
        }
        Assert.Equal(3 * (1 + 3 * 3), first.Count);
        Assert.Contains(RandomStreams.Random(2, RandomStream.HeldOut).NextUInt64(), first);
    }

    [Fact]
    public void Doubles_are_uniform()
    {
        DeterministicRandom random = new(0);
        double[] numbers = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextDouble())];
        Assert.All(numbers, number => Assert.InRange(number, 0, 1 - 1e-16));
        Assert.Equal(0.5, numbers.Average(), 0.005);
        Assert.Equal(1 / 12.0, numbers.Average(number => (number - 0.5) * (number - 0.5)), 0.001);
    }

    [Fact]
    public void Integers_are_uniform()
    {
        DeterministicRandom random = new(5);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) counts[random.NextInt(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void Normals_have_mean_0_and_variance_1()
    {
        DeterministicRandom random = new(9);
        double[] numbers = [.. Enumerable.Range(0, 100_000).Select(_ => random.Normal())];
        Assert.Equal(0, numbers.Average(), 0.02);
        Assert.Equal(1, numbers.Average(number => number * number), 0.02);
    }

    [Fact]
    public void A_permutation_holds_everything_once()
        => Gen.Select(Gen.ULong, Gen.Int[0, 200]).Sample((seed, count)
            => new DeterministicRandom(seed).Permutation(count).Order().SequenceEqual(Enumerable.Range(0, count)));
}
