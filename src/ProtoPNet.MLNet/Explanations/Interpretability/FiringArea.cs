using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Where a prototype fires on an image, in the network's input.</summary>
internal sealed class FiringArea
{
    private readonly ulong[] _pixels;

    private FiringArea(PixelBox box, ulong[] pixels) => (Box, _pixels) = (box, pixels);

    /// <summary>The box that pages draw.</summary>
    public PixelBox Box { get; }

    /// <summary>The area of a similarity map (H' × W') enlarged to an input of S × S pixels.</summary>
    public static FiringArea Of(float[,] map, int side)
    {
        bool everywhere = SimilarityMap.IsFlat(map);
        float[,] large = SimilarityMap.Enlarge(map, side);
        return new(everywhere ? new(0, side, 0, side) : SimilarityMap.BoxAbove(large), everywhere ? All(large.Length) : UpperHalf(large));
    }

    /// <summary>
    /// The pixels above 0.5 once the map is normalised to its own least and greatest value, that both areas have, among those that either has: 0 to 1.
    /// </summary>
    public double Overlap(FiringArea other)
    {
        (int both, int either) = (0, 0);
        foreach ((ulong own, ulong others) in _pixels.Zip(other._pixels))
        {
            both += BitOperations.PopCount(own & others);
            either += BitOperations.PopCount(own | others);
        }
        return either == 0 ? 0 : (double)both / either;
    }

    /// <summary>One bit for each pixel.</summary>
    private static ulong[] UpperHalf(float[,] map)
    {
        ReadOnlySpan<float> values = MemoryMarshal.CreateReadOnlySpan(ref map[0, 0], map.Length);
        double middle = ((double)TensorPrimitives.Min(values) + TensorPrimitives.Max(values)) / 2;
        ulong[] bits = new ulong[(values.Length + 63) / 64];
        for (int pixel = 0; pixel < values.Length; pixel++)
            if (values[pixel] > middle) bits[pixel / 64] |= 1UL << (pixel % 64);
        return bits;
    }

    private static ulong[] All(int pixels)
    {
        ulong[] bits = new ulong[(pixels + 63) / 64];
        Array.Fill(bits, ulong.MaxValue);
        if (pixels % 64 is > 0 and var last) bits[^1] = (1UL << last) - 1;
        return bits;
    }
}
