using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// The network's input for one image: three planes of S × S floats, written pixel by pixel with the view's colour shift and the backbone's normalisation.
/// </summary>
internal readonly ref struct InputPlanes
{
    private readonly Span<float> _chw;
    private readonly int _plane;
    private readonly bool _shifts;
    private readonly ColourShift _colours;
    private readonly Vector128<float> _scale, _shift;

    public InputPlanes(Span<float> chw, int size, ColourShift colours, InputNormalisation normalisation)
    {
        if (chw.Length != 3 * size * size)
            throw new ArgumentException($"An input of side {size} has {3 * size * size} numbers, not {chw.Length}.", nameof(chw));
        _chw = chw;
        (_plane, _colours, _shifts) = (size * size, colours, colours != ColourShift.None);
        (IReadOnlyList<float> mean, IReadOnlyList<float> deviation) = (normalisation.Mean, normalisation.Deviation);
        _scale = Vector128.Create(1 / (255 * deviation[0]), 1 / (255 * deviation[1]), 1 / (255 * deviation[2]), 0);
        _shift = Vector128.Create(mean[0] / deviation[0], mean[1] / deviation[1], mean[2] / deviation[2], 0);
    }

    /// <summary>Writes pixel <paramref name="index"/>; <paramref name="rgb"/> is in 0 … 255, its fourth number is ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int index, Vector128<float> rgb)
    {
        Vector128<float> pixel = _shifts ? Shift(rgb) : rgb;
        Vector128<float> value = pixel * _scale - _shift;
        _chw[index] = value[0];
        _chw[index + _plane] = value[1];
        _chw[index + 2 * _plane] = value[2];
    }

    private Vector128<float> Shift(Vector128<float> rgb)
    {
        Vector128<float> middle = Vector128.Create(127.5f);
        Vector128<float> pixel = (rgb * _colours.Brightness - middle) * _colours.Contrast + middle;
        Vector128<float> grey = Vector128.Create(Vector128.Dot(pixel, Vector128.Create(0.299f, 0.587f, 0.114f, 0)));
        pixel = grey + (pixel - grey) * _colours.Saturation;
        return Vector128.Min(Vector128.Max(pixel, Vector128<float>.Zero), Vector128.Create(255f));
    }
}
