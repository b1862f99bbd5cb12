using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The columns of one model: score, predicted label, similarities.</summary>
/// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
internal sealed class ModelColumns(SharedModel model, ClassLabels labels, ColumnNames names, DataViewSchema input)
    : ScoreColumns(input, names.Image, schema => ScoreAnnotations.AddTo(schema, input, model.Prototypes.Select(p => p.Name), labels, names))
{
    public override RowScores Rows(int most) => new Scores(model, most);

    private sealed class Scores(SharedModel model, int most) : RowScores
    {
        private readonly ModelInput _input = new(model, most);

        public override void Keep(RgbImage photograph, int at) => _input.Keep(photograph, at);

        public override void Score(int count) => _input.Score(count);

        public override Delegate[] Getters(Func<int> at)
        {
            int classes = model.ClassNames.Count, prototypes = model.Prototypes.Count;
            return
            [
                (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores => scores.Probabilities, classes).CopyTo(ref to)),
                (ValueGetter<uint>)((ref uint to) => to = Key(Row(scores => scores.Probabilities, classes))),
                (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(scores => scores.Similarities, prototypes).CopyTo(ref to)),
            ];

            // The row first: asking for it may compute its scores.
            ReadOnlySpan<float> Row(Func<ImageScores, float[]> values, int width)
            {
                int row = at();
                return values(_input.Scores).AsSpan(row * width, width);
            }
        }
    }
}
