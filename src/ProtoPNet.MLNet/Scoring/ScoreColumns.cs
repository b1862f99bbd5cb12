using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>A model bound to one input schema: score, predicted label and similarities behind the input's columns.</summary>
internal sealed class ScoreColumns : AddedColumns
{
    private readonly SharedModel _model;
    private readonly int _image;

    /// <exception cref="ArgumentOutOfRangeException">There is no image column of that name, or it holds something else.</exception>
    public ScoreColumns(SharedModel model, ClassLabels labels, ColumnNames names, DataViewSchema input)
        : base(input, [Image(input, names.Image).Index], schema => ScoreAnnotations.AddTo(schema, input, model, labels, names))
        => (_model, _image) = (model, Image(input, names.Image).Index);

    /// <summary>Floats of one image: 3 × S × S.</summary>
    public int PixelsPerRow => 3 * _model.Architecture.ImageSize * _model.Architecture.ImageSize;

    /// <summary>Scores images of <see cref="PixelReader"/>, one after the other in <paramref name="pixels"/>.</summary>
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

    /// <summary>The getters of the three columns over scores, of which <paramref name="at"/> says the current row.</summary>
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

    /// <summary>One forward pass per row, however many of the three columns are read.</summary>
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

    /// <summary>Keys count from 1; 0 means missing, for scores that are no numbers.</summary>
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
