using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Images;

/// <summary>Resizes pictures bit-exactly like PIL's antialiased bilinear resize, which published models were trained with.</summary>
internal static class Resampling
{
    /// <summary>PIL's fixed-point format: 8 bits for the pixel, 2 of headroom, the rest for the weight.</summary>
    private const int WeightBits = 22;

    private const int Half = 1 << (WeightBits - 1);

    /// <summary>Resizes to <paramref name="width"/> × <paramref name="height"/>; returns the same object if it already has that size.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        RgbImage narrow = width == image.Width ? image : ResizeColumns(image, width);
        return height == image.Height ? narrow : ResizeRows(narrow, height);
    }

    /// <summary>
    /// Shrinks a picture so that its shorter side is <paramref name="maxShorterSide"/> pixels, keeping the aspect ratio;
    /// returns the same object if it is already small enough.
    /// </summary>
    public static RgbImage Reduce(RgbImage image, int maxShorterSide)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShorterSide, 1);
        int shorter = Math.Min(image.Width, image.Height);
        if (shorter <= maxShorterSide) return image;
        double scale = (double)maxShorterSide / shorter;
        return Resize(image, (int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale));
    }

    private static RgbImage ResizeColumns(RgbImage image, int width)
    {
        using FilterTaps taps = new(image.Width, 0, image.Width, width);
        int[] weights = new int[width * taps.Width];
        for (int x = 0; x < width; x++) ToFixed(taps.Weights(x), weights.AsSpan(x * taps.Width));
        byte[] to = new byte[3 * width * image.Height];
        PixelLoad pixels = new(image.Pixels);
        for (int y = 0, q = 0; y < image.Height; y++)
        {
            nuint row = 3 * (nuint)y * (nuint)image.Width;
            for (int x = 0; x < width; x++, q += 3)
            {
                Vector128<int> sum = Vector128.Create(Half);
                nuint at = row + 3 * (nuint)taps.First(x);
                foreach (int weight in weights.AsSpan(x * taps.Width, taps.Weights(x).Length))
                {
                    sum += pixels.At(at) * weight;
                    at += 3;
                }
                (to[q], to[q + 1], to[q + 2]) = (Round(sum[0]), Round(sum[1]), Round(sum[2]));
            }
        }
        return new(width, image.Height, to);
    }

    private static RgbImage ResizeRows(RgbImage image, int height)
    {
        using FilterTaps taps = new(image.Height, 0, image.Height, height);
        int row = 3 * image.Width;
        byte[] to = new byte[row * height];
        int[] weights = new int[taps.Width], sums = new int[row];
        for (int y = 0; y < height; y++)
        {
            int count = ToFixed(taps.Weights(y), weights);
            Array.Fill(sums, Half);
            for (int i = 0; i < count; i++) AddRow(image.Pixels.AsSpan((taps.First(y) + i) * row, row), weights[i], sums);
            for (int p = 0; p < row; p++) to[y * row + p] = Round(sums[p]);
        }
        return new(image.Width, height, to);
    }

    private static void AddRow(ReadOnlySpan<byte> pixels, int weight, Span<int> sums)
    {
        int p = 0;
        for (; p + 8 <= pixels.Length; p += 8)
        {
            Vector128<ushort> eight = Vector128.WidenLower(Vector128.CreateScalar(MemoryMarshal.Read<ulong>(pixels[p..])).AsByte());
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(eight);
            (Vector128.Create<int>(sums[p..]) + low.AsInt32() * weight).CopyTo(sums[p..]);
            (Vector128.Create<int>(sums[(p + 4)..]) + high.AsInt32() * weight).CopyTo(sums[(p + 4)..]);
        }
        for (; p < pixels.Length; p++) sums[p] += pixels[p] * weight;
    }

    private static int ToFixed(ReadOnlySpan<double> weights, Span<int> to)
    {
        for (int i = 0; i < weights.Length; i++) to[i] = (int)(weights[i] * (1 << WeightBits) + 0.5);
        return weights.Length;
    }

    private static byte Round(int sum) => (byte)Math.Clamp(sum >> WeightBits, 0, 255);
}
