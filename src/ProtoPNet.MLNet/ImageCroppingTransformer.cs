using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(
    typeof(ImageCroppingTransformer), null, typeof(SignatureLoadModel), "Image cropping", ImageCroppingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Crops photographs to boxes given in another column; see <see cref="ImageCroppingEstimator"/>.</summary>
public sealed class ImageCroppingTransformer : ITransformer
{
    internal const string LoaderSignature = "ProtoPNetImageCropping";

    private readonly string _output, _image, _box;

    internal ImageCroppingTransformer(string outputColumnName, string inputColumnName, string boxColumnName)
        => (_output, _image, _box) = (outputColumnName, inputColumnName, boxColumnName);

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the column of cropped photographs, computed as rows are read.</summary>
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
        ctx.SaveNonEmptyString(_image);
        ctx.SaveNonEmptyString(_box);
    }

    private CroppedImageColumn Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new(inputSchema, _output, _image, _box);
    }

    private static VersionInfo Version() => new(
        modelSignature: "PPNCROP ", verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(ImageCroppingTransformer).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static ImageCroppingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        return new(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
    }
}
