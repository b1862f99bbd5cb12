namespace ProtoPNet.MLNet.Images;

/// <summary>A decoded file, and what it said of itself.</summary>
/// <param name="Image">The pixels, upright.</param>
/// <param name="Orientation">How it lies in the file, as EXIF counts: 1 upright, 2 … 8 turned or mirrored.</param>
/// <param name="HasTransparency">Whether some pixels were not opaque; they have been laid on white.</param>
public sealed record DecodedPhotograph(RgbImage Image, int Orientation, bool HasTransparency);
