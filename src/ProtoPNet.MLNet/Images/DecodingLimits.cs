namespace ProtoPNet.MLNet.Images;

/// <summary>What is decoded at all: a small file can claim work and memory without end.</summary>
/// <param name="Pixels">The maximum number of pixels, width × height.</param>
/// <param name="Scans">The maximum number of scans of a progressive JPEG file; each is a pass over all pixels.</param>
internal sealed record DecodingLimits(long Pixels, int Scans)
{
    /// <summary>For files that the user chose.</summary>
    public static DecodingLimits Files { get; } = new(ImageCodec.MostPixels, int.MaxValue);
}
