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
public sealed class DetectionCroppingEstimator : RowByRowEstimator<DetectionCroppingTransformer>
{
    private readonly string _output, _image, _boxes, _scores;

    internal DetectionCroppingEstimator(string outputColumnName, string inputColumnName, string boxesColumnName, string scoresColumnName)
        => (_output, _image, _boxes, _scores) = (outputColumnName, inputColumnName, boxesColumnName, scoresColumnName);

    private protected override DetectionCroppingTransformer Create() => new(_output, _image, _boxes, _scores);

    private protected override SchemaShape Outputs(SchemaShape input)
    {
        Shapes.RequireImages(input, _image);
        foreach ((string what, string name) in ((string, string)[])[("box", _boxes), ("score", _scores)])
            Shapes.RequireFloats(input, what, name, "Vector<Single>");
        return Shapes.WithImages(input, _output);
    }
}
