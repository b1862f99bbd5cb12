using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>Columns of scores appended to those of one input schema, computed from a column of photographs.</summary>
internal abstract class ScoreColumns : AddedColumns
{
    private readonly int _image;

    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
    protected ScoreColumns(DataViewSchema input, string image, Action<DataViewSchema.Builder> add)
        : base(input, [Image(input, image).Index], add)
        => _image = Image(input, image).Index;

    /// <summary>Room for the photographs of up to <paramref name="most"/> rows, and for their scores.</summary>
    public abstract RowScores Rows(int most);

    /// <summary>Reads the photograph under a cursor; errors name the row and column.</summary>
    public Func<RgbImage> Reader(DataViewRow row) => ImageColumn.NamingReader(row, InputSchema[_image]);

    /// <summary>At most one forward pass per row, no matter how many of the columns are read.</summary>
    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked.Contains(true)) return new Delegate?[asked.Length];
        Func<RgbImage> read = Reader(input);
        RowScores rows = Rows(1);
        long scored = -1;
        return rows.Getters(() =>
        {
            if (scored == input.Position) return 0;
            rows.Keep(read(), 0);
            rows.Score(1);
            scored = input.Position;
            return 0;
        });
    }

    private static DataViewSchema.Column Image(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "image", name);
        return ImageColumn.Accepts(column.Type) ? column : throw new ArgumentOutOfRangeException(nameof(input),
            $"Schema mismatch for image column '{name}': expected {ImageColumn.Expected}, got {column.Type}. "
            + "Load the pictures with LoadPhotographs or LoadRawImageBytes first.");
    }
}
