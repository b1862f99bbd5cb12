using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>
/// The columns of several models whose logits are summed: score, predicted label, the similarities of all members one after the other, and each
/// member's logits; and the mean of the members' familiarities if all of them know theirs.
/// </summary>
/// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
internal sealed class EnsembleColumns(
    IReadOnlyList<CombinedModel> members, ClassLabels labels, ColumnNames names, string memberLogits, DataViewSchema input)
    : ScoreColumns(input, names.Image, schema =>
    {
        ScoreAnnotations.AddTo(schema, input, labels, names);
        ScoreAnnotations.AddSimilarities(
            schema, members.SelectMany(member => member.Model.Prototypes.Select(p => $"{member.Name}: {p.Name}")), names);
        ScoreAnnotations.AddNamed(schema, memberLogits, new VectorDataViewType(NumberDataViewType.Single, members.Count, labels.Names.Count),
            members.SelectMany(member => labels.Names.Select(name => $"{member.Name}: {name}")));
        if (KnowFamiliarity(members)) schema.AddColumn(names.Familiarity, NumberDataViewType.Single);
    })
{
    /// <summary>Whether all members know how familiar a photograph looks.</summary>
    public static bool KnowFamiliarity(IEnumerable<CombinedModel> members) => members.All(member => member.Model.KnowsFamiliarity);

    public override RowScores Rows(int most) => new Scores(members, most);

    private sealed class Scores(IReadOnlyList<CombinedModel> members, int most) : RowScores
    {
        private readonly ModelInput[] _inputs = [.. members.Select(member => new ModelInput(member.Model, most))];
        private RowOfScores[] _rows = [];

        public override void Keep(RgbImage photograph, int at)
        {
            foreach (ModelInput input in _inputs) input.Keep(photograph, at);
        }

        public override void Score(int count)
        {
            foreach (ModelInput input in _inputs) input.Score(count);
            _rows = [.. Enumerable.Range(0, count).Select(Row)];
        }

        public override Delegate[] Getters(Func<int> at)
        {
            return
            [
                (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Current().Probabilities.AsSpan().CopyTo(ref to)),
                (ValueGetter<uint>)((ref uint to) => to = Key(Current().Probabilities)),
                (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Current().Similarities.AsSpan().CopyTo(ref to)),
                (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Current().Logits.AsSpan().CopyTo(ref to)),
                .. KnowFamiliarity(members) ? (Delegate[])[(ValueGetter<float>)((ref float to) => to = Current().Familiarity)] : [],
            ];

            // The row first: asking for it may compute its scores.
            RowOfScores Current()
            {
                int row = at();
                return _rows[row];
            }
        }

        private RowOfScores Row(int row)
        {
            float[][] logits = [.. members.Zip(_inputs, (member, input)
                => member.InOrder(Own(input.Scores.Logits, member.Classes.Count)))];
            float[][] similarities = [.. members.Zip(_inputs, (member, input)
                => Own(input.Scores.Similarities, member.Model.Prototypes.Count).ToArray())];
            float[] probabilities = SummedLogits.Probabilities(SummedLogits.Of(logits), logits.Length);
            return new(probabilities, [.. logits.SelectMany(one => one)], [.. similarities.SelectMany(one => one)],
                KnowFamiliarity(members) ? _inputs.Average(input => input.Scores.Familiarity[row]) : 0);

            ReadOnlySpan<float> Own(float[] values, int width) => values.AsSpan(row * width, width);
        }
    }

    /// <summary>Probabilities (K), the members' logits (M × K), the similarities to all their prototypes, the familiarity if there is one.</summary>
    private sealed record RowOfScores(float[] Probabilities, float[] Logits, float[] Similarities, float Familiarity);
}
