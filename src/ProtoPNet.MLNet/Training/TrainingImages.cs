using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Training;

/// <summary>One labelled photograph of the training data.</summary>
/// <param name="Row">Its row in the data, 0-based.</param>
/// <param name="Id">Its path where one is known, otherwise <c>row N</c>.</param>
/// <param name="Label">Its class, 0-based.</param>
internal sealed record TrainingImage(long Row, string Id, int Label)
{
    /// <summary>How much it counts in losses: positive and finite; only ratios matter.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether it comes from a validation set of the user's own, so that nothing is ever fitted to it.</summary>
    public bool OfValidationSet { get; init; }
}

/// <summary>All labelled photographs, decoded once, and which of them are held out for validation.</summary>
internal sealed class TrainingImages(
    IReadOnlyList<TrainingImage> images, PixelStore pixels, IReadOnlyList<string> classNames, IReadOnlySet<int> heldOut) : IDisposable
{
    public PixelStore Pixels { get; } = pixels;

    public IReadOnlyList<string> ClassNames { get; } = classNames;

    /// <summary>Indices of the images that are learned from.</summary>
    public int[] Training { get; } = [.. Enumerable.Range(0, images.Count).Where(i => !heldOut.Contains(i) && !images[i].OfValidationSet)];

    /// <summary>Indices of the images that choices are made on.</summary>
    public int[] Validation { get; } = [.. Enumerable.Range(0, images.Count).Where(i => heldOut.Contains(i) || images[i].OfValidationSet)];

    /// <summary>
    /// Indices of the images that help to solve for the last layer once choices are made: also those that were held out of the training data, but
    /// never those of a validation set of the user's own.
    /// </summary>
    public int[] Fittable => [.. Training, .. Validation.Where(i => !images[i].OfValidationSet)];

    public TrainingImage this[int index] => images[index];

    public int Count => images.Count;

    /// <summary>
    /// How much each image counts in mean losses: of mean 1 over the training images, and of mean 1 over those for validation. Null where all count
    /// alike.
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

    /// <summary>Draws about <paramref name="fraction"/> of each class, at least one image of every class that has five.</summary>
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
            held.UnionWith(indices.Take(Math.Min(count, indices.Length - 1)));
        }
        return held;
    }

    public void Dispose() => Pixels.Dispose();
}
