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

    /// <summary>Adds the columns, computed as rows are read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Over(input);
    }

    bool ITransformer.IsRowToRowMapper => true;

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Columns(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        Save(ctx);
    }

    private protected abstract AddedColumns Bind(DataViewSchema inputSchema);

    /// <summary>The input with the new columns; each row is computed when it is read.</summary>
    private protected virtual IDataView Over(IDataView input) => new RowByRowView(Bind(input.Schema), input);

    /// <summary>Writes the version and the fields, in the order in which they are loaded.</summary>
    private protected abstract void Save(ModelSaveContext ctx);

    /// <summary>The first version of a transformer in model files.</summary>
    /// <param name="signature">Eight characters that tell its entry from others.</param>
    /// <param name="loader">The loader's signature, at most 24 characters.</param>
    private protected static VersionInfo FirstVersion(string signature, string loader) => new(
        modelSignature: signature, verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(RowByRowTransformer).Assembly.GetName().Name, // the simple name, so that later versions can read it
        loaderSignature: loader);

    private AddedColumns Columns(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Bind(inputSchema);
    }
}
