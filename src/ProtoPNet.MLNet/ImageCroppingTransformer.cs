using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(
    typeof(ImageCroppingTransformer), null, typeof(SignatureLoadModel), "Image cropping", ImageCroppingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Crops photographs to boxes given in another column; see <see cref="ImageCroppingEstimator"/>.</summary>
public sealed class ImageCroppingTransformer : RowByRowTransformer
{
    internal const string LoaderSignature = "ProtoPNetImageCropping";

    private readonly string _output, _image, _box;

    internal ImageCroppingTransformer(string outputColumnName, string inputColumnName, string boxColumnName)
        => (_output, _image, _box) = (outputColumnName, inputColumnName, boxColumnName);

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        ctx.SaveNonEmptyString(_output);
        ctx.SaveNonEmptyString(_image);
        ctx.SaveNonEmptyString(_box);
    }

    private protected override AddedColumns Bind(DataViewSchema inputSchema) => new CroppedImageColumn(inputSchema, _output, _image, _box);

    private static VersionInfo Version() => FirstVersion("PPNCROP ", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static ImageCroppingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        return new(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
    }
}
