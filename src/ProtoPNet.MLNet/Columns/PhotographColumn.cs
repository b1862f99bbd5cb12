using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A column of photographs read from the files named in another column, bound to one input schema.</summary>
internal sealed class PhotographColumn : AddedColumns
{
    private readonly int _path;
    private readonly int? _box;
    private readonly string? _folder;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public PhotographColumn(DataViewSchema input, string output, string? folder, string path, string? box)
        : base(input, box is null ? [Path(input, path)] : [Path(input, path), Box(input, box)],
            schema => schema.AddColumn(output, new ImageDataViewType()))
        => (_path, _box, _folder) = (Path(input, path), box is null ? null : Box(input, box), folder);

    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked[0]) return [null];
        ValueGetter<ReadOnlyMemory<char>> readPath = input.GetGetter<ReadOnlyMemory<char>>(InputSchema[_path]);
        Func<float[]>? readBox = _box is { } box ? BoxReader(input, InputSchema[box]) : null;
        ReadOnlyMemory<char> path = default;
        ValueGetter<MLImage> photograph = (ref MLImage to) =>
        {
            readPath(ref path);
            to?.Dispose();
            to = null!;
            if (path.IsEmpty) throw new UnreadableImageException("The path is empty.");
            to = Read($"{path}", readBox?.Invoke());
        };
        return [photograph];
    }

    private MLImage Read(string path, float[]? box)
    {
        try
        {
            return ImageCodec.ToMLImage(PhotographFile.Read(_folder is null ? path : System.IO.Path.Combine(_folder, path), box));
        }
        catch (UnreadableImageException e)
        {
            throw new UnreadableImageException($"'{path}': {e.Message}", e);
        }
    }

    private static Func<float[]> BoxReader(DataViewRow input, DataViewSchema.Column column)
    {
        ValueGetter<VBuffer<float>> read = input.GetGetter<VBuffer<float>>(column);
        VBuffer<float> box = default;
        return () =>
        {
            read(ref box);
            return [.. box.DenseValues()];
        };
    }

    private static int Path(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "path", name);
        return column.Type is TextDataViewType ? column.Index : throw Mismatch(input, column, "path", "Text");
    }
}
