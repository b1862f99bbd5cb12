using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>What scoring needs of a model.</summary>
/// <param name="ImageSize">S, the side of its input in pixels.</param>
/// <param name="Normalisation">The normalisation of its input.</param>
/// <param name="Classes">K, the number of classes.</param>
/// <param name="Prototypes">The names of its P prototypes; null if it has none, and no column of similarities.</param>
/// <param name="Score">Scores images: normalised pixels, and their number.</param>
internal sealed record Scorer(
    int ImageSize, InputNormalisation Normalisation, int Classes, IReadOnlyList<string>? Prototypes, Func<ArraySegment<float>, int, ImageScores> Score);

/// <summary>
/// A model bound to one input schema: appends score, predicted label and, if it has prototypes, similarities to the input columns.
/// </summary>
internal sealed class ScoreColumns : AddedColumns
{
    private readonly Scorer _scorer;
    private readonly int _image;

    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
    public ScoreColumns(Scorer scorer, ClassLabels labels, ColumnNames names, DataViewSchema input)
        : base(input, [Image(input, names.Image).Index], schema => ScoreAnnotations.AddTo(schema, input, scorer, labels, names))
        => (_scorer, _image) = (scorer, Image(input, names.Image).Index);

    /// <summary>The number of floats per image: 3 × S × S.</summary>
    public int PixelsPerRow => 3 * _scorer.ImageSize * _scorer.ImageSize;

    /// <summary>Scores images read by <see cref="PixelReader"/>, stored consecutively in <paramref name="pixels"/>.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public ImageScores Score(ArraySegment<float> pixels, int count) => _scorer.Score(pixels, count);

    /// <summary>Reads the photograph under a cursor into the network's input, 3 × S × S floats.</summary>
    public Action<Memory<float>> PixelReader(DataViewRow row)
    {
        Func<RgbImage> read = ImageColumn.NamingReader(row, InputSchema[_image]);
        return pixels => NetworkInput.Render(read(), _scorer.ImageSize, _scorer.Normalisation, pixels.Span);
    }

    /// <summary>The getters of the new columns over scores; <paramref name="at"/> returns the current row.</summary>
    public Delegate[] Getters(Func<ImageScores> scores, Func<int> at)
    {
        int classes = _scorer.Classes;
        Delegate[] always =
        [
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores().Probabilities, classes).CopyTo(ref to)),
            (ValueGetter<uint>)((ref uint to) => to = Key(Row(scores().Probabilities, classes))),
        ];
        return _scorer.Prototypes is not { Count: var prototypes } ? always
            : [.. always, (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores().Similarities, prototypes).CopyTo(ref to))];

        ReadOnlySpan<float> Row(float[] values, int width) => values.AsSpan(at() * width, width);
    }

    /// <summary>At most one forward pass per row, no matter how many of the columns are read.</summary>
    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked.Contains(true)) return new Delegate?[asked.Length];
        Action<Memory<float>> read = PixelReader(input);
        float[] pixels = new float[PixelsPerRow];
        ImageScores scores = default;
        long scored = -1;
        return Getters(Current, () => 0);

        ImageScores Current()
        {
            if (scored == input.Position) return scores;
            read(pixels);
            scores = Score(pixels, 1);
            scored = input.Position;
            return scores;
        }
    }

    /// <summary>Keys are 1-based; 0 means missing, for scores that are NaN.</summary>
    private static uint Key(ReadOnlySpan<float> scores)
    {
        int best = -1;
        for (int k = 0; k < scores.Length; k++)
            if (!float.IsNaN(scores[k]) && (best < 0 || scores[k] > scores[best])) best = k;
        return (uint)(best + 1);
    }

    private static DataViewSchema.Column Image(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "image", name);
        return ImageColumn.Accepts(column.Type) ? column : throw new ArgumentOutOfRangeException(nameof(input),
            $"Schema mismatch for image column '{name}': expected {ImageColumn.Expected}, got {column.Type}. "
            + "Load the pictures with LoadPhotographs or LoadRawImageBytes first.");
    }
}
