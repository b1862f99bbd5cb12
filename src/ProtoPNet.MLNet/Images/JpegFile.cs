using System.Buffers.Binary;

namespace ProtoPNet.MLNet.Images;

/// <summary>The markers of a JPEG file.</summary>
internal static class JpegFile
{
    private const byte Marker = 0xFF, Stuffing = 0x00, Temporary = 0x01, FirstRestart = 0xD0, LastRestart = 0xD7;
    private const byte StartOfImage = 0xD8, EndOfImage = 0xD9, StartOfScan = 0xDA;

    /// <summary>
    /// Whether the file contains the end-of-image marker, and the number of scans before it. Markers inside other segments, such as a thumbnail, do
    /// not count; data that phones append after the end are harmless.
    /// </summary>
    public static (bool Whole, int Scans) Walk(ReadOnlySpan<byte> file)
    {
        int scans = 0;
        // Between segments are entropy-coded scan bytes, in which a marker's first byte occurs only before stuffing and restarts.
        while (file.IndexOf(Marker) is >= 0 and var at && at + 1 < file.Length)
        {
            byte kind = file[at + 1];
            if (kind == EndOfImage) return (true, scans);
            if (kind == StartOfScan) scans++;
            file = file[(at + (kind == Marker ? 1 : 2))..];
            if (kind is Marker or Stuffing or Temporary or StartOfImage or (>= FirstRestart and <= LastRestart)) continue;
            if (!BinaryPrimitives.TryReadUInt16BigEndian(file, out ushort length) || length > file.Length) return (false, scans);
            file = file[length..];
        }
        return (false, scans);
    }
}
