using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>Buffers the values of one column for rows that a cursor has already passed.</summary>
internal abstract class RowBuffer
{
    /// <summary>A buffer of <paramref name="rows"/> rows; null for types that own resources, such as images, which cannot be buffered.</summary>
    public static RowBuffer? For(DataViewRow row, DataViewSchema.Column column, int rows) => CanKeep(column.Type)
        ? (RowBuffer)Activator.CreateInstance(
            (column.Type is VectorDataViewType ? typeof(Vectors<>) : typeof(Scalars<>)).MakeGenericType(ItemType(column.Type)), row, column, rows)!
        : null;

    public static bool CanKeep(DataViewType type) => type is PrimitiveDataViewType or VectorDataViewType { ItemType: PrimitiveDataViewType };

    /// <summary>Stores the value of the cursor's row at index <paramref name="at"/>.</summary>
    public abstract void Keep(int at);

    /// <summary>A getter of the value at the index returned by <paramref name="at"/>.</summary>
    public abstract Delegate Getter(Func<int> at);

    private static Type ItemType(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType.RawType : type.RawType;

    private sealed class Scalars<T>(DataViewRow row, DataViewSchema.Column column, int rows) : RowBuffer
    {
        private readonly T[] _values = new T[rows];
        private readonly ValueGetter<T> _read = row.GetGetter<T>(column);

        public override void Keep(int at) => _read(ref _values[at]);

        public override Delegate Getter(Func<int> at) => (ValueGetter<T>)((ref T to) => to = _values[at()]);
    }

    private sealed class Vectors<T>(DataViewRow row, DataViewSchema.Column column, int rows) : RowBuffer
    {
        private readonly VBuffer<T>[] _values = new VBuffer<T>[rows];
        private readonly ValueGetter<VBuffer<T>> _read = row.GetGetter<VBuffer<T>>(column);

        public override void Keep(int at) => _read(ref _values[at]);

        public override Delegate Getter(Func<int> at) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> to) => _values[at()].CopyTo(ref to));
    }
}
