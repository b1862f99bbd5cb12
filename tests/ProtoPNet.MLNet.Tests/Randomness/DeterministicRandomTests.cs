using CsCheck;
using ProtoPNet.MLNet.Randomness;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Randomness;

public class DeterministicRandomTests
{
    [Fact]
    public void The_generator_is_xoshiro256_starstar()
    {
        // The first numbers from the state (1, 2, 3, 4), by hand: rotl(2·5, 7)·9 = 11520, then rotl(0, 7)·9 = 0, …
        DeterministicRandom random = new(new RandomState(1, 2, 3, 4));
        Assert.Equal(
            [11520UL, 0UL, 1509978240UL, 1215971899390074240UL],
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
    public void A_restored_state_continues_alike()
        => Gen.Select(Gen.ULong, Gen.Int[0, 50]).Sample((seed, steps) =>
        {
            DeterministicRandom random = new(seed);
            for (int i = 0; i < steps; i++) random.Normal();
            DeterministicRandom other = new(random.State);
            for (int i = 0; i < 20; i++)
                if (random.Normal() != other.Normal() || random.NextInt(i + 1) != other.NextInt(i + 1)) return false;
            return random.State == other.State;
        });

    [Fact]
    public void A_state_of_zeros_is_refused() => Assert.Throws<ArgumentException>(() => new DeterministicRandom(default(RandomState)));

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
