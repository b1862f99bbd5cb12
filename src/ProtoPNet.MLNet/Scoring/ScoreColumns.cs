using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>A model bound to one input schema: appends score, predicted label and similarities to the input columns.</summary>
internal sealed class ScoreColumns : AddedColumns
{
    private readonly SharedModel _model;
    private readonly int _image;

    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
    public ScoreColumns(SharedModel model, ClassLabels labels, ColumnNames names, DataViewSchema input)
        : base(input, [Image(input, names.Image).Index], schema => ScoreAnnotations.AddTo(schema, input, model, labels, names))
        => (_model, _image) = (model, Image(input, names.Image).Index);

    /// <summary>The number of floats per image: 3 × S × S.</summary>
    public int PixelsPerRow => 3 * _model.Architecture.ImageSize * _model.Architecture.ImageSize;

    /// <summary>Scores images read by <see cref="PixelReader"/>, stored consecutively in <paramref name="pixels"/>.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public ImageScores Score(ArraySegment<float> pixels, int count)
    {
        using SharedModel.Loan loan = _model.Borrow();
        return loan.Model.Score(pixels, count);
    }

    /// <summary>Reads the photograph under a cursor into the network's input, 3 × S × S floats.</summary>
    public Action<Memory<float>> PixelReader(DataViewRow row)
    {
        Func<RgbImage> read = ImageColumn.NamingReader(row, InputSchema[_image]);
        NetworkArchitecture network = _model.Architecture;
        return pixels => NetworkInput.Render(read(), network.ImageSize, network.Backbone.Normalisation, pixels.Span);
    }

    /// <summary>The getters of the three columns over scores; <paramref name="at"/> returns the current row.</summary>
    public Delegate[] Getters(Func<ImageScores> scores, Func<int> at)
    {
        int classes = _model.ClassNames.Count, prototypes = _model.Prototypes.Count;
        return
        [
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores().Probabilities, classes).CopyTo(ref to)),
            (ValueGetter<uint>)((ref uint to) => to = Key(Row(scores().Probabilities, classes))),
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores().Similarities, prototypes).CopyTo(ref to)),
        ];

        ReadOnlySpan<float> Row(float[] values, int width) => values.AsSpan(at() * width, width);
    }

    /// <summary>At most one forward pass per row, no matter how many of the three columns are read.</summary>
    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked.Contains(true)) return new Delegate?[3];
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
