using System.Buffers.Binary;
using CsCheck;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Tests.Images;

/// <summary>Pictures for tests.</summary>
internal static class Pictures
{
    /// <summary>Seeded noise on a gradient.</summary>
    public static RgbImage Of(int width, int height, ulong seed = 1)
    {
        DeterministicRandom random = new(seed);
        byte[] pixels = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int channel = 0; channel < 3; channel++)
                    pixels[3 * (y * width + x) + channel] = (byte)Math.Clamp(200.0 * x / width + 30 * channel + 60 * random.Normal(), 0, 255);
        return new(width, height, pixels);
    }

    /// <summary>Smooth waves, insensitive to small shifts.</summary>
    public static RgbImage Smooth(int width, int height)
    {
        byte[] pixels = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                double u = (x + 0.5) / width, v = (y + 0.5) / height;
                int p = 3 * (y * width + x);
                pixels[p] = (byte)(128 + 100 * Math.Sin(7 * u + 3 * v));
                pixels[p + 1] = (byte)(128 + 100 * Math.Cos(5 * v - 2 * u));
                pixels[p + 2] = (byte)(255 * u * v);
            }
        return new(width, height, pixels);
    }

    /// <summary>Noisy pictures of 1 … <paramref name="most"/> pixels a side.</summary>
    public static Gen<RgbImage> Any(int most)
        => Gen.Select(Gen.Int[1, most], Gen.Int[1, most], Gen.ULong).Select((width, height, seed) => Of(width, height, seed));

    /// <summary>Undoes the normalisation: the value in 0 … 255 of one channel of one pixel of the network's input.</summary>
    public static double Value(ReadOnlySpan<float> chw, int size, int channel, int row, int column)
        => 255 * (chw[(channel * size + row) * size + column] * InputNormalisation.ImageNet.Deviation[channel]
            + InputNormalisation.ImageNet.Mean[channel]);

    /// <summary>A PNG file whose header claims the given size, without pixels.</summary>
    public static byte[] HollowPng(int width, int height)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        return [137, .. "PNG\r\n"u8, 26, 10, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, []), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        byte[] chunk = [0, 0, 0, 0, .. name, .. content, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        using MemoryStream checkedPart = new(chunk, 4, chunk.Length - 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.Of(checkedPart));
        return chunk;
    }
}
