using System.Globalization;

namespace ProtoPNet.MLNet;

/// <summary>The weights of classes in training. Only ratios matter.</summary>
public abstract record ClassWeights
{
    private ClassWeights()
    {
    }

    /// <summary>All images have equal weight, so a class counts in proportion to its number of images.</summary>
    public static ClassWeights Equal { get; } = new Alike();

    /// <summary>
    /// All classes have equal weight: an image of a rare class counts more. If images have weights, their sums per class are made equal.
    /// </summary>
    public static ClassWeights Balanced { get; } = new EvenSums();

    /// <summary>Weights by class; other classes have weight 1.</summary>
    /// <param name="weights">The weight of each image of a class, by the class's name: positive and finite.</param>
    /// <exception cref="ArgumentException">A weight is not positive and finite; the message names the class.</exception>
    public static ClassWeights Of(IReadOnlyDictionary<string, double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        foreach ((string name, double weight) in weights)
            if (weight is not (> 0 and < double.PositiveInfinity))
                throw new ArgumentException($"The weight of class '{name}' is {weight.ToString(CultureInfo.InvariantCulture)}; "
                    + "it must be positive and finite. To train without a class, leave its rows out.");
        return new ByName(new SortedDictionary<string, double>(weights.ToDictionary(), StringComparer.Ordinal));
    }

    /// <exception cref="InvalidOperationException">A named class does not exist.</exception>
    internal virtual void Check(IReadOnlyList<string> classNames)
    {
    }

    /// <summary>The weight of each class.</summary>
    /// <param name="classNames">The K classes.</param>
    /// <param name="sums">The sum of the weights of each class's images (K), positive.</param>
    internal abstract double[] For(IReadOnlyList<string> classNames, double[] sums);

    private sealed record Alike : ClassWeights
    {
        internal override double[] For(IReadOnlyList<string> classNames, double[] sums) => [.. sums.Select(_ => 1.0)];

        public override string ToString() => "equal";
    }

    private sealed record EvenSums : ClassWeights
    {
        internal override double[] For(IReadOnlyList<string> classNames, double[] sums)
            => [.. sums.Select(sum => sums.Sum() / (sums.Length * sum))];

        public override string ToString() => "balanced";
    }

    private sealed record ByName(SortedDictionary<string, double> Weights) : ClassWeights
    {
        internal override void Check(IReadOnlyList<string> classNames)
        {
            string[] unknown = [.. Weights.Keys.Except(classNames).Select(name => $"'{name}'")];
            if (unknown.Length > 0)
                throw new InvalidOperationException(
                    $"There are weights for classes that the training data does not have: {string.Join(", ", unknown)}. "
                    + $"It has {string.Join(", ", classNames.Take(5).Select(name => $"'{name}'"))}{(classNames.Count > 5 ? ", …" : "")}.");
        }

        internal override double[] For(IReadOnlyList<string> classNames, double[] sums)
            => [.. classNames.Select(name => Weights.GetValueOrDefault(name, 1))];

        public bool Equals(ByName? other) => other is not null && Weights.SequenceEqual(other.Weights);

        public override int GetHashCode() => Weights.Aggregate(0, HashCode.Combine);

        public override string ToString()
            => string.Join(", ", Weights.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Key}: {w.Value:R}")));
    }
}
