using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Weights;

/// <summary>
/// A file that TorchSharp's <c>module.save</c> writes: the number of tensors, then of each its name, type, shape and elements. Numbers have seven
/// bits per byte, texts their length before them; there is no padding and no magic number.
/// </summary>
internal sealed class TorchSharpFile : TensorFile
{
    private const int MostTensors = 100_000, LongestName = 512, LongestHeader = 1024;
    private readonly MappedFile _file;
    private readonly Dictionary<string, long> _begin;

    /// <summary>Reads the tensors' headers and, if all are valid, takes ownership of the file.</summary>
    public TorchSharpFile(MappedFile file) : this(file, Headers(file)) { }

    private TorchSharpFile(MappedFile file, IReadOnlyList<(TensorInfo Info, long Begin)> tensors)
        : base(file.Path, [.. tensors.Select(t => t.Info)], new Dictionary<string, string>())
        => (_file, _begin) = (file, tensors.ToDictionary(t => t.Info.Name, t => t.Begin, StringComparer.Ordinal));

    /// <summary>Whether a file begins like one.</summary>
    public static bool Begins(MappedFile file)
    {
        var start = new Cursor(file, 0);
        return start.Number() is >= 1 and <= MostTensors && start.Header() is not null;
    }

    protected override Tensor Load(TensorInfo info)
    {
        long begin = _begin[info.Name];
        return TensorBytes.Create(info.Shape, info.Type, (offset, bytes) => _file.Read(begin + offset, bytes));
    }

    public override void Dispose() => _file.Dispose();

    private static List<(TensorInfo Info, long Begin)> Headers(MappedFile file)
    {
        var tensors = new List<(TensorInfo, long)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var start = new Cursor(file, 0);
        long count = start.Number() ?? 0, position = start.Position;
        for (long i = 0; i < count; i++)
        {
            var cursor = new Cursor(file, position);
            if (cursor.Header() is not { } info)
                throw new WeightsFormatException(file.Path, $"its tensor {i + 1} of {count}, at byte {position}, is damaged or missing.");
            long bytes = info.Elements * ElementType.Of(info.Type).Size;
            if (bytes > file.Length - cursor.Position)
                throw new WeightsFormatException(file.Path, $"it ends within '{info.Name}': it is truncated or damaged.");
            if (!names.Add(info.Name)) throw new WeightsFormatException(file.Path, $"it holds two tensors named '{info.Name}'.");
            tensors.Add((info, cursor.Position));
            position = cursor.Position + bytes;
        }
        return position == file.Length ? tensors : throw new WeightsFormatException(file.Path, "there are bytes after the last tensor.");
    }

    /// <summary>Reads numbers and texts from the bytes at one place of a file; null for what is not there or makes no sense.</summary>
    private sealed class Cursor(MappedFile file, long begin)
    {
        private readonly byte[] _bytes = file.Read(begin, (int)Math.Min(LongestHeader, file.Length - begin));
        private int _at;

        public long Position => begin + _at;

        public long? Number()
        {
            long number = 0;
            for (int shift = 0; shift < 63 && _at < _bytes.Length; shift += 7)
            {
                byte next = _bytes[_at++];
                number |= (long)(next & 127) << shift;
                if (next < 128) return number;
            }
            return null;
        }

        public TensorInfo? Header()
        {
            if (Name() is not { } name || Number() is not { } code || Number() is not (>= 0 and <= 32 and var rank)) return null;
            long[] shape = new long[rank];
            for (int i = 0; i < rank; i++)
            {
                if (Number() is not { } size) return null;
                shape[i] = size;
            }
            if (ElementType.All.FirstOrDefault(t => (long)t.Type == code) is not { } type || !TensorInfo.IsPossible(shape)) return null;
            return new(name, type.Type, shape);
        }

        private string? Name()
        {
            if (Number() is not (>= 1 and <= LongestName and var length) || length > _bytes.Length - _at) return null;
            string name = Encoding.UTF8.GetString(_bytes, _at, (int)length);
            _at += (int)length;
            return name.Any(c => char.IsControl(c) || c == '\ufffd') ? null : name;
        }
    }
}
