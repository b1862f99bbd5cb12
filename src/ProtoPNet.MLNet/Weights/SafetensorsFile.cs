using TorchSharp;

namespace ProtoPNet.MLNet.Weights;

/// <summary>A safetensors file on disk.</summary>
internal sealed class SafetensorsFile : TensorFile
{
    private readonly MappedFile _file;
    private readonly long _dataStart;
    private readonly Dictionary<string, long> _begin;

    /// <summary>Reads the header of <paramref name="file"/> and, if valid, takes ownership of the file.</summary>
    public SafetensorsFile(MappedFile file) : this(file, ReadHeader(file)) { }

    private SafetensorsFile(MappedFile file, (SafetensorsHeader Contents, long DataStart) header)
        : base(file.Path, [.. header.Contents.Entries.Select(e => e.Info)], header.Contents.Metadata)
    {
        (_file, _dataStart) = (file, header.DataStart);
        _begin = header.Contents.Entries.ToDictionary(e => e.Info.Name, e => e.Begin, StringComparer.Ordinal);
    }

    protected override torch.Tensor Load(TensorInfo info)
    {
        long begin = _dataStart + _begin[info.Name];
        return TensorBytes.Create(info.Shape, info.Type, (offset, bytes) => _file.Read(begin + offset, bytes));
    }

    public override void Dispose() => _file.Dispose();

    private static (SafetensorsHeader Contents, long DataStart) ReadHeader(MappedFile file)
    {
        int length = SafetensorsHeader.Length(file.Read(0, sizeof(ulong)), file.Path);
        SafetensorsHeader header = SafetensorsHeader.Parse(file.Read(sizeof(ulong), length), file.Path);
        long start = sizeof(ulong) + length;
        return header.DataLength == file.Length - start
            ? (header, start)
            : throw new WeightsFormatException(
                file.Path, $"its tensors need {header.DataLength} bytes after the header, but the file has {file.Length - start}.");
    }
}
