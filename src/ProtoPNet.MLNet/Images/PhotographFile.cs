namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Photographs as everything in this package reads them, in training, scoring and explaining: all of one or none of it (a file that is cut short is
/// refused), upright as its EXIF orientation says, and of a size that can be used, which its header tells before it is decoded.
/// </summary>
public static class PhotographFile
{
    /// <summary>Pictures of fewer pixels than this, either way, are no photographs.</summary>
    public const int SmallestSide = 8;

    /// <summary>Pictures of more pixels than this, width times height, are not decoded.</summary>
    public const long MostPixels = ImageCodec.MostPixels;

    /// <summary>The endings of files that are read, in lower case, with the dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph, to cut it to; null or four zeros: all of it.</param>
    /// <exception cref="UnreadableImageException">It cannot be opened, is no image, damaged, cut short, too small or too large, or there is nothing in
    /// the box.</exception>
    public static RgbImage Read(string path, IReadOnlyList<float>? boundingBox = null) => Decode(Bytes(path), boundingBox);

    /// <summary>The same from the bytes of a file.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph, to cut it to; null or four zeros: all of it.</param>
    /// <exception cref="UnreadableImageException">It is no image, damaged, cut short, too small or too large, or there is nothing in the box.
    /// </exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded, IReadOnlyList<float>? boundingBox = null)
    {
        RgbImage image = ImageCodec.Decode(encoded);
        return CheckSize(boundingBox is null ? image : Cut(image, [.. boundingBox]));
    }

    /// <summary>Why a file cannot be used; null where it can. It is decoded, as training and scoring do.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph that it will be cut to; null or four zeros: all of it.
    /// </param>
    public static string? Fault(string path, IReadOnlyList<float>? boundingBox = null)
    {
        try
        {
            Read(path, boundingBox);
            return null;
        }
        catch (UnreadableImageException e)
        {
            return e.Message;
        }
    }

    /// <summary>Reads a file and tells what it says of itself.</summary>
    /// <exception cref="UnreadableImageException">It cannot be opened, is no image, damaged, cut short, too small or too large.</exception>
    public static DecodedPhotograph Examine(string path)
    {
        DecodedPhotograph photograph = ImageCodec.Examine(Bytes(path));
        CheckSize(photograph.Image);
        return photograph;
    }

    /// <summary>Width and height, upright, from the file's header alone; null where it is no image.</summary>
    public static (int Width, int Height)? SizeOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ImageCodec.SizeOf(path);
    }

    /// <summary>Gives the picture back.</summary>
    /// <exception cref="UnreadableImageException">It is too small.</exception>
    internal static RgbImage CheckSize(RgbImage image) => Math.Min(image.Width, image.Height) >= SmallestSide ? image
        : throw new UnreadableImageException($"It has {image.Width}×{image.Height} pixels; at least {SmallestSide} each way are needed.");

    private static RgbImage Cut(RgbImage image, ReadOnlySpan<float> box)
    {
        try
        {
            return ImageCodec.Crop(image, CropBox.Of(box, image.Width, image.Height));
        }
        catch (ArgumentException e)
        {
            throw new UnreadableImageException(e.Message, e);
        }
    }

    private static byte[] Bytes(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableImageException(e is FileNotFoundException or DirectoryNotFoundException ? "There is no such file." : e.Message, e);
        }
    }
}
