using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>
/// The types and annotations of the new columns, as in ML.NET's own multiclass scorers, so that its evaluators and mappings recognise them.
/// </summary>
internal static class ScoreAnnotations
{
    private const string SetId = "ScoreColumnSetId", SlotNames = "SlotNames";

    /// <summary>Adds the columns that every classifier has: score and predicted label.</summary>
    public static void AddTo(DataViewSchema.Builder schema, DataViewSchema input, ClassLabels labels, ColumnNames names)
    {
        int classes = labels.Names.Count;
        uint set = NextSetId(input);

        DataViewSchema.Annotations.Builder score = Common(set, "Score");
        if (labels.ItemType is TextDataViewType) labels.Annotate(score, SlotNames);
        labels.Annotate(score, "TrainingLabelValues");
        schema.AddColumn(names.Score, new VectorDataViewType(NumberDataViewType.Single, classes), score.ToAnnotations());

        DataViewSchema.Annotations.Builder predicted = Common(set, "PredictedLabel");
        labels.Annotate(predicted, "KeyValues");
        schema.AddColumn(names.PredictedLabel, new KeyDataViewType(typeof(uint), classes), predicted.ToAnnotations());
    }

    /// <summary>Adds the column of similarities to prototypes of these names.</summary>
    public static void AddSimilarities(DataViewSchema.Builder schema, IEnumerable<string> prototypes, ColumnNames names)
    {
        string[] all = [.. prototypes];
        AddNamed(schema, names.Similarities, new VectorDataViewType(NumberDataViewType.Single, all.Length), all);
    }

    /// <summary>Adds a column of vectors whose slots have names.</summary>
    public static void AddNamed(DataViewSchema.Builder schema, string name, VectorDataViewType type, IEnumerable<string> slotNames)
    {
        ReadOnlyMemory<char>[] slots = [.. slotNames.Select(slot => slot.AsMemory())];
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(SlotNames, new VectorDataViewType(TextDataViewType.Instance, slots.Length),
            (ref VBuffer<ReadOnlyMemory<char>> to) => slots.AsSpan().CopyTo(ref to));
        schema.AddColumn(name, type, annotations.ToAnnotations());
    }

    private static DataViewSchema.Annotations.Builder Common(uint set, string valueKind)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(SetId, new KeyDataViewType(typeof(uint), int.MaxValue), (ref uint to) => to = set);
        annotations.Add("ScoreColumnKind", TextDataViewType.Instance, (ref ReadOnlyMemory<char> to) => to = "MulticlassClassification".AsMemory());
        annotations.Add("ScoreValueKind", TextDataViewType.Instance, (ref ReadOnlyMemory<char> to) => to = valueKind.AsMemory());
        return annotations;
    }

    /// <summary>The next free set number, which the columns of a scorer share.</summary>
    private static uint NextSetId(DataViewSchema input)
    {
        uint greatest = 0;
        foreach (DataViewSchema.Column column in input)
        {
            if (column.Annotations.Schema.GetColumnOrNull(SetId)?.Type is not KeyDataViewType { RawType: var raw } || raw != typeof(uint)) continue;
            uint id = 0;
            column.Annotations.GetValue(SetId, ref id);
            greatest = Math.Max(greatest, id);
        }
        return greatest + 1;
    }
}
