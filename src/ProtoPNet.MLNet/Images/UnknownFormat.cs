namespace ProtoPNet.MLNet.Images;

/// <summary>Error messages for bytes that cannot be decoded as an image.</summary>
internal static class UnknownFormat
{
    public static string Describe(ReadOnlySpan<byte> bytes) => Name(bytes) is { } name
        ? $"The image is {name}, which is not supported; save it as JPEG or PNG."
        : $"{bytes.Length} bytes starting with '{Beginning(bytes)}' are not an image in a known format.";

    /// <summary>Photograph formats by their leading bytes.</summary>
    private static string? Name(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "TIFF (or camera raw)",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', ..] => "AVIF",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h' or (byte)'m', (byte)'e' or (byte)'i' or (byte)'s', ..] => "HEIC",
        [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', (byte)' ', ..] => "JPEG XL",
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] => "JPEG 2000",
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => "a Photoshop file",
        _ => null,
    };

    private static string Beginning(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Math.Min(8, bytes.Length)];
        for (int i = 0; i < text.Length; i++) text[i] = bytes[i] is > 31 and < 127 ? (char)bytes[i] : '.';
        return new(text);
    }
}
