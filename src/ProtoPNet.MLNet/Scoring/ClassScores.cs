using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The photographs of some rows, and one model's scores of their classes: score and predicted label.</summary>
internal class ClassScores(ISharedScorer model, int most) : RowScores
{
    private readonly ModelInput _input = new(model, most);

    public override void Keep(RgbImage photograph, int at) => _input.Keep(photograph, at);

    public override void Score(int count) => _input.Score(count);

    public override Delegate[] Getters(Func<int> at)
    {
        int classes = model.ClassNames.Count;
        return
        [
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(at, scores => scores.Probabilities, classes).CopyTo(ref to)),
            (ValueGetter<uint>)((ref uint to) => to = Key(Row(at, scores => scores.Probabilities, classes))),
        ];
    }

    /// <summary>The current row of some values, of <paramref name="width"/> each.</summary>
    protected ReadOnlySpan<float> Row(Func<int> at, Func<ImageScores, float[]> values, int width)
    {
        // The row first: asking for it may compute its scores.
        int row = at();
        return values(_input.Scores).AsSpan(row * width, width);
    }
}
