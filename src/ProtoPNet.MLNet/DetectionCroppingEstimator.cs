using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>
/// Crops photographs to their most certain detection: of boxes (x0, y0, x1, y1 in pixels, one after another) the one with the highest score, as the object
/// detection of Microsoft.ML.TorchSharp gives them. Edges are rounded to whole pixels and clipped to the photograph; boxes outside it are ignored; a
/// photograph without any is left whole.
/// </summary>
/// <remarks>Learns nothing.</remarks>
public sealed class DetectionCroppingEstimator : IEstimator<DetectionCroppingTransformer>
{
    private readonly string _output, _image, _boxes, _scores;

    internal DetectionCroppingEstimator(string outputColumnName, string inputColumnName, string boxesColumnName, string scoresColumnName)
        => (_output, _image, _boxes, _scores) = (outputColumnName, inputColumnName, boxesColumnName, scoresColumnName);

    /// <summary>Checks the columns of <paramref name="input"/>; nothing is learned.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public DetectionCroppingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new DetectionCroppingTransformer(_output, _image, _boxes, _scores);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Shapes.Require(inputSchema, "image", _image, "Image", c => c.Kind == SchemaShape.Column.VectorKind.Scalar && c.ItemType is ImageDataViewType);
        foreach ((string what, string name) in ((string, string)[])[("box", _boxes), ("score", _scores)])
            Shapes.Require(inputSchema, what, name, "Vector<Single>",
                c => c.Kind != SchemaShape.Column.VectorKind.Scalar && c.ItemType == NumberDataViewType.Single);
        return Shapes.With(inputSchema, Shapes.Column(_output, SchemaShape.Column.VectorKind.Scalar, new ImageDataViewType()));
    }
}
