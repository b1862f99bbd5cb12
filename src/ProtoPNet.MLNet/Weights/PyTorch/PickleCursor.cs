using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>Reads a range of a file forward, with a small buffer.</summary>
internal sealed class PickleCursor(MappedFile file, long begin, long end)
{
    private const int LongestText = 64 << 20;
    private readonly byte[] _buffer = new byte[16 << 10];
    private long _bufferBegin = begin;
    private int _bufferCount;
    private int _inBuffer;

    public string Path => file.Path;

    /// <summary>The file offset of the next byte.</summary>
    public long Position => _bufferBegin + _inBuffer;

    public WeightsFormatException Broken(string reason) => new(Path, $"its pickle is damaged before byte {Position}: {reason}");

    public byte ReadByte()
    {
        if (_inBuffer == _bufferCount)
        {
            _bufferBegin += _bufferCount;
            _bufferCount = (int)Math.Min(_buffer.Length, end - _bufferBegin);
            _inBuffer = 0;
            if (_bufferCount <= 0) throw new WeightsFormatException(Path, "its pickle ends too early: it is truncated or damaged.");
            file.Read(_bufferBegin, _buffer.AsSpan(0, _bufferCount));
        }
        return _buffer[_inBuffer++];
    }

    public ushort ReadUInt16() => (ushort)(ReadByte() | (ReadByte() << 8));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(sizeof(int)));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(ReadBytes(sizeof(double)));

    /// <summary>Reads a length of eight, four, two or one bytes, which must not exceed the remaining data.</summary>
    public int ReadLength(int size)
    {
        long length = 0;
        for (int i = 0; i < size; i++) length |= (long)ReadByte() << (8 * i);
        return length is >= 0 and <= LongestText && length <= end - Position
            ? (int)length
            : throw Broken($"a text of {(ulong)length} bytes exceeds the file.");
    }

    public byte[] ReadBytes(int count)
    {
        if (count < 0 || count > end - Position) throw new WeightsFormatException(Path, "its pickle ends too early: it is truncated or damaged.");
        byte[] bytes = new byte[count];
        int have = Math.Min(count, _bufferCount - _inBuffer);
        _buffer.AsSpan(_inBuffer, have).CopyTo(bytes);
        _inBuffer += have;
        if (have == count) return bytes;

        file.Read(Position, bytes.AsSpan(have));
        (_bufferBegin, _bufferCount, _inBuffer) = (Position + count - have, 0, 0);
        return bytes;
    }

    public string ReadUtf8(int length) => Encoding.UTF8.GetString(ReadBytes(length));

    public string ReadLatin1(int length) => Encoding.Latin1.GetString(ReadBytes(length));

    /// <summary>The text up to the next line feed, which is consumed.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (byte b = ReadByte(); b != '\n'; b = ReadByte())
        {
            if (line.Length == 4096) throw Broken("a name is longer than 4096 characters.");
            line.Append((char)b);
        }
        return line.ToString().TrimEnd('\r');
    }
}
