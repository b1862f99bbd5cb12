using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>
/// Crops photographs to boxes: vectors of left, top, width, height in pixels (<see cref="float"/>), as in CUB-200-2011. Edges are rounded to whole
/// pixels and clipped to the photograph; four zeros stand for all of it. Pixels are those of the images in the column: upright from
/// <c>LoadPhotographs</c> (which can crop as well), as stored in the file from <c>LoadImages</c>.
/// </summary>
/// <remarks>Learns nothing. A box that is empty or outside the photograph fails when its row is read, with the row's number.</remarks>
public sealed class ImageCroppingEstimator : RowByRowEstimator<ImageCroppingTransformer>
{
    private readonly string _output, _image, _box;

    internal ImageCroppingEstimator(string outputColumnName, string inputColumnName, string boxColumnName)
        => (_output, _image, _box) = (outputColumnName, inputColumnName, boxColumnName);

    private protected override ImageCroppingTransformer Create() => new(_output, _image, _box);

    private protected override SchemaShape Outputs(SchemaShape input)
    {
        Shapes.RequireImages(input, _image);
        Shapes.RequireFloats(input, "box", _box, "Vector<Single> of left, top, width, height");
        return Shapes.WithImages(input, _output);
    }
}
