using System.Globalization;
using System.Text;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Names, classes, sizes and digests of all images, one per line: a checkpoint can only be resumed with the same images.</summary>
internal sealed class RunImages
{
    private const int Shown = 5;

    public RunImages(TrainingImages images)
        => Bytes = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, images.Count).Select(i => Line(images, i))));

    public byte[] Bytes { get; }

    /// <summary>The differences between these images and those of a checkpoint.</summary>
    public IReadOnlyList<CheckpointDifference> Differences(ReadOnlySpan<byte> kept)
    {
        if (kept.SequenceEqual(Bytes)) return [];
        string[] before = Encoding.UTF8.GetString(kept).Split('\n'), now = Encoding.UTF8.GetString(Bytes).Split('\n');
        List<CheckpointDifference> differences = [];
        if (before.Length != now.Length) differences.Add(new("images", $"{before.Length}", $"{now.Length}"));
        differences.AddRange(before.Zip(now).Index().Where(i => i.Item.First != i.Item.Second).Take(Shown)
            .Select(i => new CheckpointDifference($"image {i.Index + 1}", i.Item.First, i.Item.Second)));
        return differences;
    }

    private static string Line(TrainingImages images, int index)
    {
        TrainingImage image = images[index];
        (int width, int height) = images.Pixels.SizeOf(index);
        using PixelStore.Lease lease = images.Pixels.Borrow(index);
        return $"'{image.Id.ReplaceLineEndings(" ")}', class {image.Label}, {width}×{height} pixels {Digest.Of(lease.Image.Pixels):x16}"
            + (image.Weight == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", weight {image.Weight:R}"))
            + (image.OfValidationSet ? ", for validation" : "");
    }
}
