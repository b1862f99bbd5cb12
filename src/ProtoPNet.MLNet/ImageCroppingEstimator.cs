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
public sealed class ImageCroppingEstimator : IEstimator<ImageCroppingTransformer>
{
    private readonly string _output, _image, _box;

    internal ImageCroppingEstimator(string outputColumnName, string inputColumnName, string boxColumnName)
        => (_output, _image, _box) = (outputColumnName, inputColumnName, boxColumnName);

    /// <summary>Checks the columns of <paramref name="input"/>; nothing is learned.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public ImageCroppingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new ImageCroppingTransformer(_output, _image, _box);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Shapes.Require(inputSchema, "image", _image, "Image", c => c.Kind == SchemaShape.Column.VectorKind.Scalar && c.ItemType is ImageDataViewType);
        Shapes.Require(inputSchema, "box", _box, "Vector<Single> of left, top, width, height",
            c => c.Kind != SchemaShape.Column.VectorKind.Scalar && c.ItemType == NumberDataViewType.Single);
        return Shapes.With(inputSchema, Shapes.Column(_output, SchemaShape.Column.VectorKind.Scalar, new ImageDataViewType()));
    }
}
