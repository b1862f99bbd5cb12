using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>
/// Says "unknown" where a photograph looks like nothing that the model knows: adds <c>Familiarity</c>, what it goes by, and
/// <c>Answer</c>, the predicted class or <see cref="AbstainingTransformer.Unknown"/>.
/// </summary>
/// <remarks>Learns nothing. Create it with <c>mlContext.Transforms.AbstainBelow(...)</c>.</remarks>
public sealed class AbstainingEstimator : RowByRowEstimator<AbstainingTransformer>
{
    private readonly float _threshold;
    private readonly int _nearest;
    private readonly AbstentionNames _names;

    internal AbstainingEstimator(float threshold, int nearest, AbstentionNames names) => (_threshold, _nearest, _names) = (threshold, nearest, names);

    private protected override AbstainingTransformer Create() => new(_threshold, _nearest, _names);

    private protected override SchemaShape Outputs(SchemaShape input)
    {
        Shapes.Require(input, "source", _names.Source, "Single or Vector<Single>", c => !c.IsKey && c.ItemType == NumberDataViewType.Single);
        Shapes.Require(input, "predicted label", _names.PredictedLabel, "Key<UInt32> or Text",
            c => c.Kind == SchemaShape.Column.VectorKind.Scalar && (c.IsKey || c.ItemType is TextDataViewType));
        return Shapes.With(
            Shapes.With(input, Shapes.Column(_names.Familiarity, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single)),
            Shapes.Column(_names.Answer, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance));
    }
}
