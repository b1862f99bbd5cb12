using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Patches that no prototype may become: those of regions that a person forbade in an earlier model.</summary>
internal sealed class ForbiddenPlaces
{
    private readonly Dictionary<int, bool[]> _cells;

    private ForbiddenPlaces(Dictionary<int, bool[]> cells) => _cells = cells;

    /// <summary>Every patch is allowed.</summary>
    public static ForbiddenPlaces None { get; } = new([]);

    /// <param name="images">The photographs of this training; regions of others are of no account.</param>
    /// <param name="regions">The regions, in pixels of an input of <paramref name="size"/> × <paramref name="size"/>.</param>
    /// <param name="size">The size of the earlier model's input.</param>
    /// <param name="architecture">The network of this training.</param>
    public static ForbiddenPlaces Of(
        TrainingImages images, IReadOnlyList<ModelEdit.Forbid> regions, int size, NetworkArchitecture architecture)
    {
        if (regions.Count == 0) return None;
        ILookup<string, PixelBox> boxes = regions.ToLookup(
            region => region.ImageId, region => region.Region.Scale(size, size, architecture.ImageSize, architecture.ImageSize));
        ReceptiveField field = ReceptiveField.Of(architecture);
        (int rows, int columns) = (field.Rows.Cells, field.Columns.Cells);
        return new(Enumerable.Range(0, images.Count).Where(i => boxes.Contains(images[i].Id)).ToDictionary(
            i => i,
            i => Enumerable.Range(0, rows * columns)
                .Select(cell => boxes[images[i].Id].Any(box => field.CentreLiesIn(box, cell / columns, cell % columns))).ToArray()));
    }

    /// <summary>Distances (n × m × H' × W') of images, infinite at forbidden places.</summary>
    public Tensor Outside(Tensor distances, long[] images)
    {
        if (!images.Any(image => _cells.ContainsKey((int)image))) return distances;
        (int rows, int columns) = ((int)distances.shape[2], (int)distances.shape[3]);
        bool[] flat = [.. images.SelectMany(image => _cells.GetValueOrDefault((int)image) ?? new bool[rows * columns])];
        Tensor mask = tensor(flat, [images.Length, 1, rows, columns], device: distances.device);
        return distances.Filled(mask.expand_as(distances), double.PositiveInfinity);
    }
}
