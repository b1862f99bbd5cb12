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

    public static void AddTo(DataViewSchema.Builder schema, DataViewSchema input, Scorer scorer, ClassLabels labels, ColumnNames names)
    {
        int classes = scorer.Classes;
        uint set = NextSetId(input);

        DataViewSchema.Annotations.Builder score = Common(set, "Score");
        if (labels.ItemType is TextDataViewType) labels.Annotate(score, SlotNames);
        labels.Annotate(score, "TrainingLabelValues");
        schema.AddColumn(names.Score, new VectorDataViewType(NumberDataViewType.Single, classes), score.ToAnnotations());

        DataViewSchema.Annotations.Builder predicted = Common(set, "PredictedLabel");
        labels.Annotate(predicted, "KeyValues");
        schema.AddColumn(names.PredictedLabel, new KeyDataViewType(typeof(uint), classes), predicted.ToAnnotations());

        if (scorer.Prototypes is not { } prototypes) return;
        var similarities = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] slots = [.. prototypes.Select(name => name.AsMemory())];
        similarities.Add(SlotNames, new VectorDataViewType(TextDataViewType.Instance, slots.Length),
            (ref VBuffer<ReadOnlyMemory<char>> to) => slots.AsSpan().CopyTo(ref to));
        schema.AddColumn(names.Similarities, new VectorDataViewType(NumberDataViewType.Single, slots.Length), similarities.ToAnnotations());
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
