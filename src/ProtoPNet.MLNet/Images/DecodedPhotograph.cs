namespace ProtoPNet.MLNet.Images;

/// <summary>A decoded file with its metadata.</summary>
/// <param name="Image">The pixels, upright.</param>
/// <param name="Orientation">The EXIF orientation in the file: 1 upright, 2 … 8 rotated or mirrored.</param>
/// <param name="HasTransparency">Whether some pixels were not opaque; they have been composited on white.</param>
public sealed record DecodedPhotograph(RgbImage Image, int Orientation, bool HasTransparency);
