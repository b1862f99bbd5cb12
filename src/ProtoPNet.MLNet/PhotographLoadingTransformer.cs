using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(
    typeof(PhotographLoadingTransformer), null, typeof(SignatureLoadModel), "Photograph loading", PhotographLoadingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Loads photographs from a column of paths; see <see cref="PhotographLoadingEstimator"/>.</summary>
public sealed class PhotographLoadingTransformer : ITransformer
{
    internal const string LoaderSignature = "ProtoPNetPhotographs";

    private readonly string _output, _path;
    private readonly string? _folder, _box;

    internal PhotographLoadingTransformer(string outputColumnName, string? imageFolder, string inputColumnName, string? boxColumnName)
        => (_output, _folder, _path, _box) = (outputColumnName, imageFolder, inputColumnName, boxColumnName);

    /// <summary>Whether photographs are cropped to boxes.</summary>
    public bool Crops => _box is not null;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the column of photographs, loaded as rows are read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new RowByRowView(Bind(input.Schema), input);
    }

    bool ITransformer.IsRowToRowMapper => true;

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Bind(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        ctx.SaveNonEmptyString(_output);
        ctx.SaveStringOrNull(_folder);
        ctx.SaveNonEmptyString(_path);
        ctx.SaveStringOrNull(_box);
    }

    private PhotographColumn Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new(inputSchema, _output, _folder, _path, _box);
    }

    private static VersionInfo Version() => new(
        modelSignature: "PPNPHOTO", verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(PhotographLoadingTransformer).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static PhotographLoadingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        return new(ctx.LoadNonEmptyString(), ctx.LoadStringOrNull(), ctx.LoadNonEmptyString(), ctx.LoadStringOrNull());
    }
}
