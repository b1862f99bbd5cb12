using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Boxes around the peaks of similarity maps, and the annotated parts in them.</summary>
/// <param name="side">S: the side of the network's input, in pixels.</param>
internal sealed class PeakBoxes(int side)
{
    /// <summary>Half the box's side at an input of 224 pixels (Huang et al. 2023: 72 × 72 pixels).</summary>
    private const double Half = 36.0 / 224;

    private readonly double _half = Math.Round(Half * side);

    /// <summary>The peaks of maps (M × H' × W'), enlarged bicubically to S × S: the first in reading order.</summary>
    public (int Row, int Column)[] Peaks(Tensor maps)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor large = nn.functional.interpolate(maps.unsqueeze(1), [side, side], mode: InterpolationMode.Bicubic, align_corners: false);
        return [.. large.flatten(1).argmax(1).cpu().data<long>().Select(cell => ((int)(cell / side), (int)(cell % side)))];
    }

    /// <summary>The parts inside the box around a peak, its edges included.</summary>
    public IReadOnlySet<string> Parts((int Row, int Column) peak, AnnotatedInput image) => image.Parts
        .Where(part => Math.Abs(part.X * side / image.Width - peak.Column) <= _half && Math.Abs(part.Y * side / image.Height - peak.Row) <= _half)
        .Select(part => part.Name).ToHashSet(StringComparer.Ordinal);
}

/// <summary>The annotated parts of an image, with the size that their places refer to.</summary>
internal sealed record AnnotatedInput(IReadOnlyList<PartPlace> Parts, int Width, int Height)
{
    /// <summary>The box around its object; null if unknown.</summary>
    public ObjectBox? ObjectBox { get; init; }
}
