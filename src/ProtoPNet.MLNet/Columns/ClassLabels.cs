using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>The values of the K label keys, in the label's own type, so that predictions can be mapped back to it.</summary>
internal abstract class ClassLabels
{
    private const string KeyValues = "KeyValues";

    /// <summary>The class names, in key order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The type of the values; null if the keys have none.</summary>
    public abstract PrimitiveDataViewType? ItemType { get; }

    /// <summary>Adds the values, if any, to a column's annotations.</summary>
    public abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>The values in a key column's <c>KeyValues</c>; without them, the classes are named 1 … K.</summary>
    public static ClassLabels Of(DataViewSchema.Column label)
    {
        if (label.Annotations.Schema.GetColumnOrNull(KeyValues) is not { Type: VectorDataViewType { ItemType: PrimitiveDataViewType item } })
            return new Unnamed(checked((int)((KeyDataViewType)label.Type).Count));
        return Visit(item, new Reader(label.Annotations));
    }

    /// <summary>Parses values written by <see cref="ToText"/>.</summary>
    /// <exception cref="FormatException">The type is not a label type, or a value is not of that type.</exception>
    public static ClassLabels Parse(string? type, IReadOnlyList<string> values)
        => type is null ? new Unnamed(values.Count)
            : Visit(
                Types.FirstOrDefault(t => t.ToString() == type) ?? throw new FormatException($"'{type}' is not a label type."), new Parser(values));

    /// <summary>The values as text that <see cref="Parse"/> restores exactly.</summary>
    public virtual IReadOnlyList<string> ToText() => Names;

    private static readonly PrimitiveDataViewType[] Types =
    [
        TextDataViewType.Instance, BooleanDataViewType.Instance, NumberDataViewType.Byte, NumberDataViewType.SByte, NumberDataViewType.Int16,
        NumberDataViewType.UInt16, NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double,
    ];

    private interface IVisitor
    {
        ClassLabels Text(PrimitiveDataViewType type);

        ClassLabels Number<T>(PrimitiveDataViewType type) where T : struct, IParsable<T>;
    }

    private static ClassLabels Visit(PrimitiveDataViewType type, IVisitor visitor) => type switch
    {
        TextDataViewType => visitor.Text(type),
        BooleanDataViewType => visitor.Number<bool>(type),
        _ when type.RawType == typeof(byte) => visitor.Number<byte>(type),
        _ when type.RawType == typeof(sbyte) => visitor.Number<sbyte>(type),
        _ when type.RawType == typeof(short) => visitor.Number<short>(type),
        _ when type.RawType == typeof(ushort) => visitor.Number<ushort>(type),
        _ when type.RawType == typeof(int) => visitor.Number<int>(type),
        _ when type.RawType == typeof(uint) => visitor.Number<uint>(type),
        _ when type.RawType == typeof(long) => visitor.Number<long>(type),
        _ when type.RawType == typeof(ulong) => visitor.Number<ulong>(type),
        _ when type.RawType == typeof(float) => visitor.Number<float>(type),
        _ when type.RawType == typeof(double) => visitor.Number<double>(type),
        _ => throw new NotSupportedException($"Label keys with values of type {type} are not supported; map them to text first."),
    };

    private sealed class Reader(DataViewSchema.Annotations annotations) : IVisitor
    {
        public ClassLabels Text(PrimitiveDataViewType type) => new Values<ReadOnlyMemory<char>>(type, Read<ReadOnlyMemory<char>>());

        public ClassLabels Number<T>(PrimitiveDataViewType type) where T : struct, IParsable<T> => new Values<T>(type, Read<T>());

        private T[] Read<T>()
        {
            VBuffer<T> values = default;
            annotations.GetValue(KeyValues, ref values);
            return [.. values.DenseValues()];
        }
    }

    private sealed class Parser(IReadOnlyList<string> values) : IVisitor
    {
        public ClassLabels Text(PrimitiveDataViewType type) => new Values<ReadOnlyMemory<char>>(type, [.. values.Select(v => v.AsMemory())]);

        public ClassLabels Number<T>(PrimitiveDataViewType type) where T : struct, IParsable<T> => new Values<T>(type, [.. values.Select(Value<T>)]);

        private static T Value<T>(string text) where T : struct, IParsable<T>
            => T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out T value) ? value
                : throw new FormatException($"'{text}' is not a label of type {typeof(T).Name}.");
    }

    private sealed class Values<T>(PrimitiveDataViewType type, T[] values) : ClassLabels
    {
        public override IReadOnlyList<string> Names { get; } =
            [.. values.Select(v => v is IFormattable f ? f.ToString(null, System.Globalization.CultureInfo.InvariantCulture) : v!.ToString()!)];

        public override PrimitiveDataViewType ItemType => type;

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string kind)
            => annotations.Add(kind, new VectorDataViewType(type, values.Length), (ref VBuffer<T> to) => values.AsSpan().CopyTo(ref to));
    }

    private sealed class Unnamed(int count) : ClassLabels
    {
        public override IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(1, count).Select(k => $"{k}")];

        public override PrimitiveDataViewType? ItemType => null;

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string kind)
        {
        }
    }
}
