using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ProtoPNet.Datasets;

/// <summary>Reads MATLAB's level 5 files (little-endian, compressed or not): numbers, text, cells and structures.</summary>
/// <remarks>
/// MAT-File Format, The MathWorks: every element is a tag (type, length) and data padded to eight bytes; short ones share the tag's bytes.
/// </remarks>
internal static class MatFile
{
    private const int HeaderBytes = 128;
    private const int MatrixType = 14, CompressedType = 15;
    private const int DeepestNesting = 32;

    /// <summary>The variables by name.</summary>
    /// <exception cref="DatasetException">The file is not a level 5 file, is damaged, or has unsupported kinds of values.</exception>
    public static Dictionary<string, MatValue> Read(string path)
    {
        if (!File.Exists(path)) throw new DatasetException($"'{path}' does not exist.");
        byte[] file = File.ReadAllBytes(path);
        if (file.Length < HeaderBytes || file[126] != 'I' || file[127] != 'M')
            throw new DatasetException($"'{path}' is not a little-endian level 5 MATLAB file (save it with -v7 or -v6).");
        try
        {
            Dictionary<string, MatValue> variables = [];
            Cursor cursor = new(file.AsSpan(HeaderBytes));
            while (cursor.More)
            {
                (int type, ReadOnlySpan<byte> data) = cursor.Next(padded: false);
                byte[]? inflated = type == CompressedType ? Inflate(data) : null;
                if (inflated is not null) (type, data) = new Cursor(inflated).Next();
                if (type != MatrixType) continue;
                (string name, MatValue value) = Matrix(data, 0);
                variables[name] = value;
            }
            return variables;
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException or InvalidDataException
            or NotSupportedException or OverflowException)
        {
            throw new DatasetException($"'{path}' cannot be read as a MATLAB file: {error.Message}", error);
        }
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        using ZLibStream zlib = new(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        using MemoryStream inflated = new();
        zlib.CopyTo(inflated);
        return inflated.ToArray();
    }

    private static (string Name, MatValue Value) Matrix(ReadOnlySpan<byte> data, int depth)
    {
        if (depth > DeepestNesting) throw new InvalidDataException("its values are nested too deeply.");
        if (data.IsEmpty) return ("", new MatNumbers([]));
        Cursor cursor = new(data);
        int kind = cursor.Next().Data[0];
        int count = checked((int)Numbers(cursor.Next()).Aggregate(1.0, (product, length) => product * length));
        string name = Encoding.ASCII.GetString(cursor.Next().Data);
        return (name, kind switch
        {
            1 => Cells(ref cursor, count, depth),
            2 => Structures(ref cursor, count, depth),
            4 => new MatText(string.Concat(Numbers(cursor.Next()).Select(code => (char)code))),
            >= 6 and <= 15 => new MatNumbers(Numbers(cursor.Next())),
            _ => throw new NotSupportedException($"'{name}' is of a class ({kind}) that is not supported."),
        });
    }

    private static MatCells Cells(ref Cursor cursor, int count, int depth)
    {
        List<MatValue> cells = [];
        for (int i = 0; i < count; i++) cells.Add(Matrix(cursor.Next().Data, depth + 1).Value);
        return new(cells);
    }

    private static MatStructures Structures(ref Cursor cursor, int count, int depth)
    {
        int nameLength = (int)Numbers(cursor.Next())[0];
        if (nameLength < 1) throw new InvalidDataException("its structure field names have no length.");
        ReadOnlySpan<byte> names = cursor.Next().Data;
        List<string> fields = [];
        for (int at = 0; at < names.Length; at += nameLength) fields.Add(Encoding.ASCII.GetString(names.Slice(at, nameLength)).TrimEnd('\0'));
        List<IReadOnlyDictionary<string, MatValue>> structures = [];
        for (int i = 0; i < count; i++)
        {
            Dictionary<string, MatValue> structure = [];
            foreach (string field in fields) structure.Add(field, Matrix(cursor.Next().Data, depth + 1).Value);
            structures.Add(structure);
        }
        return new(structures);
    }

    private static double[] Numbers(Element element)
    {
        (int type, ReadOnlySpan<byte> data) = element;
        int size = type switch
        {
            1 or 2 or 16 => 1,
            3 or 4 or 17 => 2,
            5 or 6 or 7 => 4,
            9 or 12 or 13 => 8,
            _ => throw new NotSupportedException($"numbers of type {type}."),
        };
        double[] numbers = new double[data.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<byte> bytes = data.Slice(i * size, size);
            numbers[i] = type switch
            {
                1 => (sbyte)bytes[0],
                2 or 16 => bytes[0],
                3 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
                4 or 17 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                5 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
                6 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                7 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                9 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                12 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            };
        }
        return numbers;
    }

    private readonly ref struct Element(int type, ReadOnlySpan<byte> data)
    {
        public ReadOnlySpan<byte> Data { get; } = data;

        public void Deconstruct(out int kind, out ReadOnlySpan<byte> bytes)
        {
            kind = type;
            bytes = Data;
        }
    }

    /// <summary>Reads element by element; throws <see cref="ArgumentException"/> past the end.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> data)
    {
        private ReadOnlySpan<byte> _rest = data;

        public readonly bool More => _rest.Length >= 8;

        /// <param name="padded">Whether the data are padded to eight bytes; compressed data are not.</param>
        public Element Next(bool padded = true)
        {
            uint tag = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
            int shortLength = (int)(tag >> 16);
            if (shortLength > 0)
            {
                Element small = new((int)(tag & 0xFFFF), _rest.Slice(4, shortLength));
                _rest = _rest[8..];
                return small;
            }
            int length = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]));
            Element element = new((int)tag, _rest.Slice(8, length));
            _rest = _rest[Math.Min(_rest.Length, 8 + (padded ? (length + 7) / 8 * 8 : length))..];
            return element;
        }
    }
}
