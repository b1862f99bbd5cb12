using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>The columns of a classifier without prototypes: score, predicted label.</summary>
/// <exception cref="ArgumentOutOfRangeException">The image column is missing or has the wrong type.</exception>
internal sealed class PooledColumns(SharedPooledClassifier model, ClassLabels labels, ColumnNames names, DataViewSchema input)
    : ScoreColumns(input, names.Image, schema => ScoreAnnotations.AddTo(schema, input, labels, names))
{
    public override RowScores Rows(int most) => new ClassScores(model, most);
}
