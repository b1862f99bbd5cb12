using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Tests.Images;

/// <summary>Photographs as phones store them: sensor pixels with an orientation tag.</summary>
internal static class PhoneFiles
{
    /// <summary>A JPEG whose upright picture, by its EXIF orientation (1 … 8), is <paramref name="upright"/>, up to JPEG compression.</summary>
    public static byte[] Jpeg(RgbImage upright, int orientation, int quality = 95)
        => WithOrientation(ImageCodec.EncodeJpeg(Stored(upright, orientation), quality), orientation);

    /// <summary>The file with an EXIF segment after its first marker: one directory with one entry, tag 0x0112.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation) =>
    [
        .. jpeg[..2], 0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8,
        .. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0,
        .. jpeg[2..],
    ];

    /// <summary>The picture that a viewer shows for stored pixels with an EXIF orientation.</summary>
    public static RgbImage Upright(RgbImage stored, int orientation) => orientation switch
    {
        1 => stored,
        2 => Mirrored(stored),
        3 => Clockwise(Clockwise(stored)),
        4 => Clockwise(Clockwise(Mirrored(stored))),
        5 => Clockwise(Clockwise(Clockwise(Mirrored(stored)))),
        6 => Clockwise(stored),
        7 => Clockwise(Mirrored(stored)),
        8 => Clockwise(Clockwise(Clockwise(stored))),
        _ => throw new ArgumentOutOfRangeException(nameof(orientation)),
    };

    /// <summary>Every orientation is its own inverse, except the two quarter turns, which are each other's.</summary>
    private static RgbImage Stored(RgbImage upright, int orientation) => Upright(upright, orientation switch { 6 => 8, 8 => 6, _ => orientation });

    private static RgbImage Mirrored(RgbImage image) => Moved(image, image.Width, image.Height, (x, y) => (image.Width - 1 - x, y));

    private static RgbImage Clockwise(RgbImage image) => Moved(image, image.Height, image.Width, (x, y) => (image.Height - 1 - y, x));

    private static RgbImage Moved(RgbImage image, int width, int height, Func<int, int, (int X, int Y)> to)
    {
        byte[] pixels = new byte[image.Pixels.Length];
        for (int y = 0; y < image.Height; y++)
            for (int x = 0; x < image.Width; x++)
            {
                (int column, int row) = to(x, y);
                image.Pixels.AsSpan(3 * (y * image.Width + x), 3).CopyTo(pixels.AsSpan(3 * (row * width + column)));
            }
        return new(width, height, pixels);
    }
}
