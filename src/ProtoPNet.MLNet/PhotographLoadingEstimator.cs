using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>
/// Loads photographs from files into a column of <see cref="MLImage"/>, as <see cref="PhotographFile"/> reads them: complete, upright by their EXIF
/// orientation, of a usable size, and cropped if there is a column of boxes.
/// </summary>
/// <remarks>
/// Learns nothing. A photograph that cannot be used fails when its row is read, with an <see cref="UnreadableImageException"/> that names the file:
/// the trainer then skips it or stops, according to <see cref="ImageTrainerOptions.OnUnreadableImage"/>; scoring stops. To skip such rows in
/// scoring, check them with <see cref="PhotographFile.Fault"/> first.
/// </remarks>
public sealed class PhotographLoadingEstimator : IEstimator<PhotographLoadingTransformer>
{
    private readonly string _output, _path;
    private readonly string? _folder, _box;

    internal PhotographLoadingEstimator(string outputColumnName, string? imageFolder, string inputColumnName, string? boxColumnName)
        => (_output, _folder, _path, _box) = (outputColumnName, imageFolder, inputColumnName, boxColumnName);

    /// <summary>Checks the columns of <paramref name="input"/>; nothing is learned.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public PhotographLoadingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new PhotographLoadingTransformer(_output, _folder, _path, _box);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Shapes.Require(inputSchema, "path", _path, "Text", c => c.Kind == SchemaShape.Column.VectorKind.Scalar && c.ItemType is TextDataViewType);
        if (_box is not null)
            Shapes.Require(inputSchema, "box", _box, "Vector<Single> of left, top, width, height",
                c => c.Kind != SchemaShape.Column.VectorKind.Scalar && c.ItemType == NumberDataViewType.Single);
        return Shapes.With(inputSchema, Shapes.Column(_output, SchemaShape.Column.VectorKind.Scalar, new ImageDataViewType()));
    }
}
