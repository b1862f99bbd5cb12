using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The columns of one model: score, predicted label, similarities, and familiarity if the model knows it.</summary>
/// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
internal sealed class ModelColumns(SharedModel model, ClassLabels labels, ColumnNames names, DataViewSchema input)
    : ScoreColumns(input, names.Image, schema =>
    {
        ScoreAnnotations.AddTo(schema, input, labels, names);
        ScoreAnnotations.AddSimilarities(schema, model.Prototypes.Select(p => p.Name), names);
        if (model.KnowsFamiliarity) schema.AddColumn(names.Familiarity, NumberDataViewType.Single);
    })
{
    public override RowScores Rows(int most) => new Scores(model, most);

    private sealed class Scores(SharedModel model, int most) : ClassScores(model, most)
    {
        private readonly int _prototypes = model.Prototypes.Count;

        public override Delegate[] Getters(Func<int> at) =>
        [
            .. base.Getters(at),
            (ValueGetter<VBuffer<float>>)((ref VBuffer<float> to) => Row(at, scores => scores.Similarities, _prototypes).CopyTo(ref to)),
            .. model.KnowsFamiliarity ? (Delegate[])[(ValueGetter<float>)((ref float to) => to = Row(at, scores => scores.Familiarity, 1)[0])] : [],
        ];
    }
}
