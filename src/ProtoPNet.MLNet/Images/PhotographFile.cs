namespace ProtoPNet.MLNet.Images;

/// <summary>
/// Reads photographs for training, scoring and explaining alike: completely or not at all (a truncated file is
/// refused), upright by EXIF orientation, and of a usable size, checked in the header before decoding.
/// </summary>
public static class PhotographFile
{
    /// <summary>The minimum width and height in pixels.</summary>
    public const int SmallestSide = 8;

    /// <summary>The maximum number of pixels, width × height; larger pictures are not decoded.</summary>
    public const long MostPixels = ImageCodec.MostPixels;

    /// <summary>The supported file extensions, in lower case, with the dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph, to crop to; null or four zeros: no crop.</param>
    /// <exception cref="UnreadableImageException">The file cannot be opened, is not an image, damaged, truncated, too small or too large, or the box
    /// is empty.</exception>
    public static RgbImage Read(string path, IReadOnlyList<float>? boundingBox = null) => Decode(Bytes(path), boundingBox);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph, to crop to; null or four zeros: no crop.</param>
    /// <exception cref="UnreadableImageException">It is not an image, damaged, truncated, too small or too large, or the box is empty.
    /// </exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded, IReadOnlyList<float>? boundingBox = null)
    {
        RgbImage image = ImageCodec.Decode(encoded);
        return CheckSize(boundingBox is null ? image : Cut(image, [.. boundingBox]));
    }

    /// <summary>Reads the bytes of a file from a stranger.</summary>
    /// <exception cref="UnreadableImageException">It is not an image, damaged, truncated, too small, or beyond the limits.</exception>
    internal static RgbImage Decode(ReadOnlyMemory<byte> encoded, DecodingLimits limits) => CheckSize(ImageCodec.Examine(encoded, limits).Image);

    /// <summary>The reason why a file cannot be used, found by decoding it as training and scoring do; null if it can be used.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph to crop to; null or four zeros: no crop.
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

    /// <summary>Reads a file with its metadata.</summary>
    /// <exception cref="UnreadableImageException">The file cannot be opened, is not an image, damaged, truncated, too small or too large.</exception>
    public static DecodedPhotograph Examine(string path)
    {
        DecodedPhotograph photograph = ImageCodec.Examine(Bytes(path));
        CheckSize(photograph.Image);
        return photograph;
    }

    /// <summary>Width and height of the upright picture, from the header alone; null if it is not an image.</summary>
    public static (int Width, int Height)? SizeOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ImageCodec.SizeOf(path);
    }

    /// <summary>Returns the picture if it is large enough.</summary>
    /// <exception cref="UnreadableImageException">It is too small.</exception>
    internal static RgbImage CheckSize(RgbImage image) => Math.Min(image.Width, image.Height) >= SmallestSide ? image
        : throw new UnreadableImageException($"It has {image.Width}×{image.Height} pixels; width and height must be at least {SmallestSide}.");

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
            throw new UnreadableImageException(e is FileNotFoundException or DirectoryNotFoundException ? "The file does not exist." : e.Message, e);
        }
    }
}
