using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet;

/// <summary>A transformer whose new columns are computed row by row, as rows are read.</summary>
public abstract class RowByRowTransformer : ITransformer
{
    private protected RowByRowTransformer()
    {
    }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Columns(inputSchema).OutputSchema;

    /// <summary>Adds the column, computed as rows are read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new RowByRowView(Columns(input.Schema), input);
    }

    bool ITransformer.IsRowToRowMapper => true;

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Columns(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        Save(ctx);
    }

    private protected abstract AddedColumns Bind(DataViewSchema inputSchema);

    /// <summary>Writes the version and the fields, in the order in which they are loaded.</summary>
    private protected abstract void Save(ModelSaveContext ctx);

    private AddedColumns Columns(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Bind(inputSchema);
    }
}
