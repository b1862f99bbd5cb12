using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(
    typeof(PhotographLoadingTransformer), null, typeof(SignatureLoadModel), "Photograph loading", PhotographLoadingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Loads photographs from a column of paths; see <see cref="PhotographLoadingEstimator"/>.</summary>
public sealed class PhotographLoadingTransformer : RowByRowTransformer
{
    internal const string LoaderSignature = "ProtoPNetPhotographs";

    private readonly string _output, _path;
    private readonly string? _folder, _box;

    internal PhotographLoadingTransformer(string outputColumnName, string? imageFolder, string inputColumnName, string? boxColumnName)
        => (_output, _folder, _path, _box) = (outputColumnName, imageFolder, inputColumnName, boxColumnName);

    /// <summary>Whether photographs are cropped to boxes.</summary>
    public bool Crops => _box is not null;

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        ctx.SaveNonEmptyString(_output);
        ctx.SaveStringOrNull(_folder);
        ctx.SaveNonEmptyString(_path);
        ctx.SaveStringOrNull(_box);
    }

    private protected override AddedColumns Bind(DataViewSchema inputSchema) => new PhotographColumn(inputSchema, _output, _folder, _path, _box);

    private static VersionInfo Version() => FirstVersion("PPNPHOTO", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static PhotographLoadingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        return new(ctx.LoadNonEmptyString(), ctx.LoadStringOrNull(), ctx.LoadNonEmptyString(), ctx.LoadStringOrNull());
    }
}
