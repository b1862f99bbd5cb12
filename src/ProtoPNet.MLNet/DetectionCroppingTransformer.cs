using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Columns;

[assembly: LoadableClass(
    typeof(DetectionCroppingTransformer), null, typeof(SignatureLoadModel), "Cropping to detections", DetectionCroppingTransformer.LoaderSignature)]

namespace ProtoPNet.MLNet;

/// <summary>Crops photographs to their most certain detection; see <see cref="DetectionCroppingEstimator"/>.</summary>
public sealed class DetectionCroppingTransformer : RowByRowTransformer
{
    internal const string LoaderSignature = "ProtoPNetDetectionCrop";

    private readonly string _output, _image, _boxes, _scores;

    internal DetectionCroppingTransformer(string outputColumnName, string inputColumnName, string boxesColumnName, string scoresColumnName)
        => (_output, _image, _boxes, _scores) = (outputColumnName, inputColumnName, boxesColumnName, scoresColumnName);

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version());
        ctx.SaveNonEmptyString(_output);
        ctx.SaveNonEmptyString(_image);
        ctx.SaveNonEmptyString(_boxes);
        ctx.SaveNonEmptyString(_scores);
    }

    private protected override AddedColumns Bind(DataViewSchema inputSchema) => new DetectedObjectColumn(inputSchema, _output, _image, _boxes, _scores);

    private static VersionInfo Version() => FirstVersion("PPNDETCR", LoaderSignature);

    /// <summary>Called by ML.NET for <see cref="LoaderSignature"/> in a model file.</summary>
    private static DetectionCroppingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        return new(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
    }
}
