using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Training;

/// <summary>One labelled photograph of the training data.</summary>
/// <param name="Row">Its row in the data, 0-based.</param>
/// <param name="Id">Its path where one is known, otherwise <c>row N</c>.</param>
/// <param name="Label">Its class, 0-based.</param>
internal sealed record TrainingImage(long Row, string Id, int Label);

/// <summary>All labelled photographs, decoded once, and which of them are held out for validation.</summary>
internal sealed class TrainingImages(
    IReadOnlyList<TrainingImage> images, PixelStore pixels, IReadOnlyList<string> classNames, IReadOnlySet<int> heldOut) : IDisposable
{
    public PixelStore Pixels { get; } = pixels;

    public IReadOnlyList<string> ClassNames { get; } = classNames;

    /// <summary>Indices of the images that are learned from.</summary>
    public int[] Training { get; } = [.. Enumerable.Range(0, images.Count).Where(i => !heldOut.Contains(i))];

    /// <summary>Indices of the images that choices are made on.</summary>
    public int[] Validation { get; } = [.. Enumerable.Range(0, images.Count).Where(heldOut.Contains)];

    public TrainingImage this[int index] => images[index];

    public int Count => images.Count;

    /// <summary>Draws about <paramref name="fraction"/> of each class, at least one image of every class that has five.</summary>
    public static HashSet<int> HoldOut(IReadOnlyList<TrainingImage> images, double fraction, ulong seed)
    {
        var held = new HashSet<int>();
        if (fraction <= 0) return held;
        var random = new DeterministicRandom(seed);
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
