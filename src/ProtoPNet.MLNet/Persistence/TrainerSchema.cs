using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The schema half of the trainer: the input columns it requires and the output columns it produces, checked before training.</summary>
internal static class TrainerSchema
{
    public static TrainerInfo Info { get; } = new(normalization: false, calibration: false, caching: false, supportValid: true);

    /// <summary>Checks the input columns and adds the output columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type; the message says which.</exception>
    public static SchemaShape Output(IExceptionContext context, SchemaShape input, ColumnNames columns, InputColumns inputs)
    {
        SchemaShape with = Shapes.With(Scores(context, input, columns, inputs), new SchemaShape.Column(
            columns.Similarities, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            new SchemaShape(
                [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)])));
        return Shapes.With(with, Shapes.Column(columns.Familiarity, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single));
    }

    /// <summary>The same of a classifier without prototypes: no column of similarities.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type; the message says which.</exception>
    public static SchemaShape Scores(IExceptionContext context, SchemaShape input, ColumnNames columns, InputColumns inputs)
    {
        SchemaShape.Column label = Label(context, input, columns, inputs, nameof(input));
        Dictionary<string, SchemaShape.Column> output = input.ToDictionary(c => c.Name);
        output[columns.Score] = new(columns.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label)));
        IEnumerable<SchemaShape.Column> predicted = AnnotationUtils.GetTrainerOutputAnnotation();
        if (label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values)) predicted = predicted.Append(values);
        output[columns.PredictedLabel] = new(
            columns.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, new SchemaShape(predicted));
        return new SchemaShape(output.Values);
    }

    /// <summary>Checks the input columns and returns the label column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type; the message says which, and in what data.</exception>
    public static SchemaShape.Column Label(IExceptionContext context, SchemaShape input, ColumnNames columns, InputColumns inputs, string inputName)
    {
        context.CheckValue(input, inputName);
        SchemaShape.Column label = Find(context, input, "label", inputs.Label, inputName);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw context.ExceptSchemaMismatch(
                inputName, "label", inputs.Label, "Key (append MapValueToKey before the trainer)", label.GetTypeString());

        SchemaShape.Column image = Find(context, input, "image", columns.Image, inputName);
        bool picture = image.Kind == SchemaShape.Column.VectorKind.Scalar && image.ItemType is ImageDataViewType;
        bool encoded = image.Kind != SchemaShape.Column.VectorKind.Scalar && image.ItemType == NumberDataViewType.Byte;
        if (!picture && !encoded)
            throw context.ExceptSchemaMismatch(inputName, "image", columns.Image, ImageColumn.Expected, image.GetTypeString());

        if (inputs.ImageId is { } idName)
        {
            SchemaShape.Column id = Find(context, input, "image id", idName, inputName);
            if (id.ItemType is not TextDataViewType || id.Kind != SchemaShape.Column.VectorKind.Scalar)
                throw context.ExceptSchemaMismatch(inputName, "image id", idName, "Text", id.GetTypeString());
        }
        if (inputs.ExampleWeight is { } weightName)
        {
            SchemaShape.Column weight = Find(context, input, "weight", weightName, inputName);
            if (weight.ItemType != NumberDataViewType.Single || weight.Kind != SchemaShape.Column.VectorKind.Scalar)
                throw context.ExceptSchemaMismatch(inputName, "weight", weightName, "Single", weight.GetTypeString());
        }
        return label;
    }

    private static SchemaShape.Column Find(IExceptionContext context, SchemaShape input, string role, string name, string inputName)
        => input.TryFindColumn(name, out SchemaShape.Column column) ? column : throw context.ExceptSchemaMismatch(inputName, role, name);
}

/// <summary>The columns that training reads besides the photographs; null if not used.</summary>
internal sealed record InputColumns(string Label, string? ImageId, string? ExampleWeight);
