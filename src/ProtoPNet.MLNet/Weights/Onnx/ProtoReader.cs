using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Weights.Onnx;

/// <summary>Reads the fields of a protobuf message in a mapped file sequentially. Only requested values are copied.</summary>
internal sealed class ProtoReader
{
    private const int MostText = 1 << 20;

    private readonly Pages _pages;
    private readonly long _end;
    private long _at;
    private int _wire;

    /// <summary>A reader for the message that makes up the whole file.</summary>
    public ProtoReader(MappedFile file) : this(new Pages(file), 0, file.Length) { }

    private ProtoReader(Pages pages, long begin, long end) => (_pages, _at, _end) = (pages, begin, end);

    /// <summary>The number of the field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of single-number fields; floating-point values as bits.</summary>
    public long Number { get; private set; }

    /// <summary>The file offset of the bytes of all other fields.</summary>
    public long Begin { get; private set; }

    /// <summary>The number of bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_at >= _end) return false;
        long tag = Varint();
        (Field, _wire) = ((int)((tag >> 3) & 0x1FFFFFFF), (int)(tag & 7));
        (Begin, Length) = (_at, 0);
        switch (_wire)
        {
            case 0: Number = Varint(); break;
            case 1: Number = Fixed(8); break;
            case 2:
                long length = Varint();
                if (length < 0 || length > _end - _at) throw Damaged();
                (Begin, Length) = (_at, length);
                _at += length;
                break;
            case 5: Number = Fixed(4); break;
            default: throw Damaged();
        }
        return true;
    }

    /// <summary>The field as a message.</summary>
    public ProtoReader Message() => _wire == 2 ? new(_pages, Begin, Begin + Length) : throw Damaged();

    /// <summary>The field as text.</summary>
    public string Text()
    {
        if (_wire != 2 || Length > MostText) throw Damaged();
        return Encoding.UTF8.GetString(_pages.File.Read(Begin, (int)Length));
    }

    /// <summary>The field as one floating-point number.</summary>
    public float Single() => _wire == 5 ? BitConverter.Int32BitsToSingle((int)Number) : throw Damaged();

    /// <summary>The field as integers: one, or several packed.</summary>
    public IEnumerable<long> Numbers()
    {
        if (_wire != 2)
        {
            yield return Number;
            yield break;
        }
        ProtoReader packed = Message();
        while (packed._at < packed._end) yield return packed.Varint();
    }

    /// <summary>The field as floating-point numbers: one, or several packed.</summary>
    public IEnumerable<float> Singles()
    {
        if (_wire != 2)
        {
            yield return Single();
            yield break;
        }
        ProtoReader packed = Message();
        while (packed._at < packed._end) yield return BitConverter.Int32BitsToSingle((int)packed.Fixed(4));
    }

    public WeightsFormatException Damaged()
        => new(_pages.File.Path, $"it is not a model in the ONNX format, or is damaged at byte {Math.Min(_at, _end)}.");

    private long Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (_at >= _end) throw Damaged();
            byte next = _pages[_at++];
            value |= (ulong)(next & 127) << Math.Min(shift, 63);
            if (next < 128) return (long)value;
        }
        throw Damaged();
    }

    private long Fixed(int bytes)
    {
        if (_end - _at < bytes) throw Damaged();
        Span<byte> value = stackalloc byte[8];
        for (int i = 0; i < bytes; i++) value[i] = _pages[_at++];
        return BinaryPrimitives.ReadInt64LittleEndian(value);
    }

    /// <summary>The page accessed last.</summary>
    private sealed class Pages(MappedFile file)
    {
        private const int Size = 1 << 16;
        private byte[] _page = [];
        private long _start = -1;

        public MappedFile File => file;

        public byte this[long at]
        {
            get
            {
                if (_start < 0 || at < _start || at >= _start + _page.Length)
                {
                    _start = at / Size * Size;
                    _page = file.Read(_start, (int)Math.Min(Size, file.Length - _start));
                }
                return _page[at - _start];
            }
        }
    }
}
