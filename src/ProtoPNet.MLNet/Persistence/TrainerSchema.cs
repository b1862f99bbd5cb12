using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The schema half of the trainer: what it asks of its input, and what it promises of its output, before anything is trained.</summary>
internal static class TrainerSchema
{
    public static SchemaShape Output(IExceptionContext context, SchemaShape input, ColumnNames columns, string labelName, string? imageIdName)
    {
        context.CheckValue(input, nameof(input));
        SchemaShape.Column label = Find(context, input, "label", labelName);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw context.ExceptSchemaMismatch(
                nameof(input), "label", labelName, "Key (append MapValueToKey before the trainer)", label.GetTypeString());

        SchemaShape.Column image = Find(context, input, "image", columns.Image);
        bool picture = image.Kind == SchemaShape.Column.VectorKind.Scalar && image.ItemType is ImageDataViewType;
        bool encoded = image.Kind != SchemaShape.Column.VectorKind.Scalar && image.ItemType == NumberDataViewType.Byte;
        if (!picture && !encoded)
            throw context.ExceptSchemaMismatch(nameof(input), "image", columns.Image, ImageColumn.Expected, image.GetTypeString());

        if (imageIdName is not null)
        {
            SchemaShape.Column id = Find(context, input, "image id", imageIdName);
            if (id.ItemType is not TextDataViewType || id.Kind != SchemaShape.Column.VectorKind.Scalar)
                throw context.ExceptSchemaMismatch(nameof(input), "image id", imageIdName, "Text", id.GetTypeString());
        }

        Dictionary<string, SchemaShape.Column> output = input.ToDictionary(c => c.Name);
        output[columns.Score] = new(columns.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label)));
        IEnumerable<SchemaShape.Column> predicted = AnnotationUtils.GetTrainerOutputAnnotation();
        if (label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values)) predicted = predicted.Append(values);
        output[columns.PredictedLabel] = new(
            columns.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, new SchemaShape(predicted));
        output[columns.Similarities] = new(columns.Similarities, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            new SchemaShape(
                [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]));
        return new SchemaShape(output.Values);
    }

    private static SchemaShape.Column Find(IExceptionContext context, SchemaShape input, string role, string name)
        => input.TryFindColumn(name, out SchemaShape.Column column) ? column : throw context.ExceptSchemaMismatch(nameof(input), role, name);
}
