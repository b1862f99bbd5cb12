using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>
/// Says "unknown" where a photograph looks like nothing that the model knows: adds <c>Familiarity</c>, the mean similarity to the nearest prototypes,
/// and <c>Answer</c>, the predicted class or <see cref="AbstainingTransformer.Unknown"/>.
/// </summary>
/// <remarks>Learns nothing. Create it with <c>mlContext.Transforms.AbstainBelow(...)</c>.</remarks>
public sealed class AbstainingEstimator : IEstimator<AbstainingTransformer>
{
    private readonly float _threshold;
    private readonly int _nearest;
    private readonly AbstentionNames _names;

    internal AbstainingEstimator(float threshold, int nearest, AbstentionNames names) => (_threshold, _nearest, _names) = (threshold, nearest, names);

    /// <summary>Checks the columns of <paramref name="input"/>; nothing is learned.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public AbstainingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new AbstainingTransformer(_threshold, _nearest, _names);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Shapes.Require(inputSchema, "similarities", _names.Source, "Vector<Single>",
            c => c.Kind != SchemaShape.Column.VectorKind.Scalar && c.ItemType == NumberDataViewType.Single);
        Shapes.Require(inputSchema, "predicted label", _names.PredictedLabel, "Key<UInt32> or Text",
            c => c.Kind == SchemaShape.Column.VectorKind.Scalar && (c.IsKey || c.ItemType is TextDataViewType));
        return Shapes.With(
            Shapes.With(inputSchema, Shapes.Column(_names.Familiarity, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single)),
            Shapes.Column(_names.Answer, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance));
    }
}
