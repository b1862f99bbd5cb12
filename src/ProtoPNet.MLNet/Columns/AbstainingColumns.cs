using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Confidence;

namespace ProtoPNet.MLNet.Columns;

/// <summary>The columns of familiarity and of the answer, bound to one input schema.</summary>
internal sealed class AbstainingColumns : AddedColumns
{
    private readonly int _source, _predicted, _nearest;
    private readonly float _threshold;
    private readonly string _unknown;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public AbstainingColumns(DataViewSchema input, AbstentionNames names, float threshold, int nearest, string unknown)
        : base(input, [Source(input, names.Source), Predicted(input, names.PredictedLabel)], schema =>
        {
            schema.AddColumn(names.Familiarity, NumberDataViewType.Single);
            schema.AddColumn(names.Answer, TextDataViewType.Instance);
        })
    {
        (_source, _predicted) = (Source(input, names.Source), Predicted(input, names.PredictedLabel));
        (_threshold, _nearest, _unknown) = (threshold, nearest, unknown);
        if (input[_source].Type is not VectorDataViewType && nearest != AbstainingTransformer.UsualNearest)
            throw new ArgumentOutOfRangeException(nameof(input),
                $"'{names.Source}' is a number, of which there are no {nearest} highest; leave nearest out, or go by a vector such as \"Similarities\".");
    }

    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked.Contains(true)) return [null, null];
        Func<float> familiarity = Reader(input);
        Delegate?[] getters = [null, null];
        if (asked[0]) getters[0] = (ValueGetter<float>)((ref float to) => to = familiarity());
        if (asked[1])
        {
            ValueGetter<ReadOnlyMemory<char>> label = Label(input);
            getters[1] = (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> to) =>
            {
                // What is not a number is not familiar either.
                if (familiarity() >= _threshold) label(ref to);
                else to = _unknown.AsMemory();
            });
        }
        return getters;
    }

    /// <summary>A number is the familiarity itself; of a vector it is the mean of the highest.</summary>
    private Func<float> Reader(DataViewRow input)
    {
        DataViewSchema.Column column = InputSchema[_source];
        if (column.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<float>> read = input.GetGetter<VBuffer<float>>(column);
            VBuffer<float> similarities = default;
            return () =>
            {
                read(ref similarities);
                return Familiarity.Of([.. similarities.DenseValues()], _nearest);
            };
        }
        ValueGetter<float> number = input.GetGetter<float>(column);
        float value = 0;
        return () =>
        {
            number(ref value);
            return value;
        };
    }

    private ValueGetter<ReadOnlyMemory<char>> Label(DataViewRow input)
    {
        DataViewSchema.Column column = InputSchema[_predicted];
        if (column.Type is TextDataViewType) return input.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char>[] names = [.. ClassLabels.Of(column).Names.Select(name => name.AsMemory())];
        ValueGetter<uint> read = input.GetGetter<uint>(column);
        uint key = 0;
        return (ref ReadOnlyMemory<char> to) =>
        {
            read(ref key);
            to = key == 0 ? _unknown.AsMemory() : names[key - 1];
        };
    }

    private static int Source(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "source", name,
            " Models of earlier versions, and imported ones without their training photographs, add no familiarity: with them, pass "
            + "sourceColumnName: \"Similarities\"; with other classifiers, nearest: 1 and sourceColumnName: \"Score\".");
        return IsSingle(column.Type) || column.Type is VectorDataViewType vector && IsSingle(vector.ItemType)
            ? column.Index
            : throw Mismatch(input, column, "source", "Single or Vector<Single>");

        static bool IsSingle(DataViewType type) => type is NumberDataViewType number && number == NumberDataViewType.Single;
    }

    private static int Predicted(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "predicted label", name);
        return column.Type is TextDataViewType || column.Type is KeyDataViewType key && key.RawType == typeof(uint)
            ? column.Index
            : throw Mismatch(input, column, "predicted label", "Key<UInt32> or Text");
    }
}
