using Microsoft.ML;
using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

/// <summary>
/// Columns appended to one input schema, computed row by row: <see cref="InputSchema"/>'s columns keep their indices and
/// the new ones follow. Bound once per schema, as ML.NET compares schemas by reference.
/// </summary>
internal abstract class AddedColumns : IRowToRowMapper
{
    private readonly int[] _sources;

    /// <summary>Binds to a schema.</summary>
    /// <param name="input">The schema of the input rows.</param>
    /// <param name="sources">The columns of <paramref name="input"/> that the new columns depend on.</param>
    /// <param name="add">Adds the new columns.</param>
    protected AddedColumns(DataViewSchema input, int[] sources, Action<DataViewSchema.Builder> add)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        add(builder);
        (InputSchema, OutputSchema, _sources) = (input, builder.ToSchema(), sources);
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>Creates the getters of the new columns over a moving row; null for inactive columns.</summary>
    public abstract Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked);

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        bool[] needed = new bool[InputSchema.Count];
        foreach (DataViewSchema.Column column in dependingColumns)
            if (column.Index < needed.Length) needed[column.Index] = true;
            else foreach (int source in _sources) needed[source] = true;
        return InputSchema.Where(c => needed[c.Index]);
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => input.Schema == InputSchema ? Row(input, Active(activeColumns))
            : throw new ArgumentException("The row's schema is not the one that this mapping was created for.", nameof(input));

    /// <summary>The row with the new columns appended.</summary>
    public WiderRow Row(DataViewRow input, bool[] active) => new(input, OutputSchema, Bind(input, active.AsSpan(InputSchema.Count)), active);

    /// <summary>For each column of <see cref="OutputSchema"/>, whether it is among <paramref name="columns"/>.</summary>
    public bool[] Active(IEnumerable<DataViewSchema.Column> columns)
    {
        bool[] active = new bool[OutputSchema.Count];
        foreach (DataViewSchema.Column column in columns) active[column.Index] = true;
        return active;
    }

    /// <summary>Whether any of the new columns is active.</summary>
    public bool AsksForNew(bool[] active) => active.AsSpan(InputSchema.Count).Contains(true);

    /// <summary>The index of a column of boxes: four floats, or vectors of a length that only rows tell.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or its type is another.</exception>
    protected static int Box(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "box", name);
        return column.Type is VectorDataViewType { ItemType: NumberDataViewType item, Size: 0 or 4 } && item == NumberDataViewType.Single
            ? column.Index
            : throw Mismatch(input, column, "box", "Vector<Single, 4> (left, top, width, height)");
    }

    protected static ArgumentOutOfRangeException Mismatch(DataViewSchema input, DataViewSchema.Column column, string what, string expected)
        => new(nameof(input), $"Schema mismatch for {what} column '{column.Name}': expected {expected}, got {column.Type}.");

    /// <summary>The column with the given name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column; the message lists the existing ones, and says what to do if that is known.</exception>
    protected static DataViewSchema.Column Find(DataViewSchema input, string what, string name, string advice = "")
        => input.GetColumnOrNull(name) ?? throw new ArgumentOutOfRangeException(nameof(input),
            $"Could not find {what} column '{name}'. "
            + $"The input has the columns {string.Join(", ", input.Where(c => !c.IsHidden).Select(c => $"'{c.Name}'"))}.{advice}");
}
