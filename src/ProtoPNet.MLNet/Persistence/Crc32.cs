using System.Buffers.Binary;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The checksum of zip files (ISO 3309, reflected polynomial 0xEDB88320), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[][] s_tables = Tables();

    /// <summary>The checksum of the rest of <paramref name="stream"/>.</summary>
    public static uint Of(Stream stream)
    {
        byte[] buffer = new byte[1 << 16];
        uint crc = uint.MaxValue;
        while (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) is > 0 and int count) crc = Update(crc, buffer.AsSpan(0, count));
        return ~crc;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[][] t = s_tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc, high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t[7][(byte)low] ^ t[6][(byte)(low >> 8)] ^ t[5][(byte)(low >> 16)] ^ t[4][low >> 24]
                ^ t[3][(byte)high] ^ t[2][(byte)(high >> 8)] ^ t[1][(byte)(high >> 16)] ^ t[0][high >> 24];
        }
        foreach (byte b in bytes) crc = t[0][(byte)(crc ^ b)] ^ crc >> 8;
        return crc;
    }

    /// <summary>Table n: the effect of a byte on the checksum n bytes later.</summary>
    private static uint[][] Tables()
    {
        uint[][] tables = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint b = 0; b < 256; b++)
        {
            uint crc = b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB88320;
            tables[0][b] = crc;
        }
        for (int n = 1; n < 8; n++)
            for (int b = 0; b < 256; b++) tables[n][b] = tables[0][(byte)tables[n - 1][b]] ^ tables[n - 1][b] >> 8;
        return tables;
    }
}
