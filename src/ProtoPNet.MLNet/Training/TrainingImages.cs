using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Training;

/// <summary>One labelled photograph of the training data.</summary>
/// <param name="Row">Its row in the data, 0-based.</param>
/// <param name="Id">Its path if known, otherwise <c>row N</c>.</param>
/// <param name="Label">Its class, 0-based.</param>
internal sealed record TrainingImage(long Row, string Id, int Label)
{
    /// <summary>Its weight in losses: positive and finite; only ratios matter.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether it comes from the user's own validation set, so that nothing is ever fitted to it.</summary>
    public bool OfValidationSet { get; init; }
}

/// <summary>All labelled photographs, decoded once, and which of them are held out for validation.</summary>
internal sealed class TrainingImages(
    IReadOnlyList<TrainingImage> images, PixelStore pixels, IReadOnlyList<string> classNames, IReadOnlySet<int> heldOut) : IDisposable
{
    public PixelStore Pixels { get; } = pixels;

    public IReadOnlyList<string> ClassNames { get; } = classNames;

    /// <summary>Indices of the images to learn from.</summary>
    public int[] Training { get; } = [.. Enumerable.Range(0, images.Count).Where(i => !heldOut.Contains(i) && !images[i].OfValidationSet)];

    /// <summary>Indices of the held-out images, which choices are made by.</summary>
    public int[] Validation { get; } = [.. Enumerable.Range(0, images.Count).Where(i => heldOut.Contains(i) || images[i].OfValidationSet)];

    /// <summary>
    /// Indices of the images that the last layer is fitted to once choices are made: including those held out of the training data, but never those
    /// of the user's own validation set.
    /// </summary>
    public int[] Fittable => [.. Training, .. Validation.Where(i => !images[i].OfValidationSet)];

    public TrainingImage this[int index] => images[index];

    public int Count => images.Count;

    /// <summary>
    /// The weight of each image in mean losses, with mean 1 over the training images and mean 1 over those for validation. Null if all are equal.
    /// </summary>
    public float[]? RelativeWeights()
    {
        if (images.All(i => i.Weight == images[0].Weight)) return null;
        var relative = new float[images.Count];
        foreach (int[] part in (int[][])[Training, Validation])
        {
            double sum = part.Sum(i => images[i].Weight);
            foreach (int i in part) relative[i] = (float)(images[i].Weight * part.Length / sum);
        }
        return relative;
    }

    /// <summary>Draws about <paramref name="fraction"/> of each class, at least one image of every class of five or more.</summary>
    public static HashSet<int> HoldOut(IReadOnlyList<TrainingImage> images, double fraction, ulong seed)
    {
        var held = new HashSet<int>();
        if (fraction <= 0) return held;
        DeterministicRandom random = RandomStreams.Random(seed, RandomStream.HeldOut);
        foreach (IGrouping<int, int> ofClass in Enumerable.Range(0, images.Count).GroupBy(i => images[i].Label).OrderBy(g => g.Key))
        {
            int[] indices = [.. ofClass];
            random.Shuffle<int>(indices);
            int count = Math.Max((int)Math.Round(fraction * indices.Length), indices.Length >= 5 ? 1 : 0);
            held.UnionWith(indices.Take(Math.Min(count, indices.Length / 2)));
        }
        return held;
    }

    public void Dispose() => Pixels.Dispose();
}
