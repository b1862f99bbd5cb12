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
public sealed class PhotographLoadingEstimator : RowByRowEstimator<PhotographLoadingTransformer>
{
    private readonly string _output, _path;
    private readonly string? _folder, _box;

    internal PhotographLoadingEstimator(string outputColumnName, string? imageFolder, string inputColumnName, string? boxColumnName)
        => (_output, _folder, _path, _box) = (outputColumnName, imageFolder, inputColumnName, boxColumnName);

    private protected override PhotographLoadingTransformer Create() => new(_output, _folder, _path, _box);

    private protected override SchemaShape Outputs(SchemaShape input)
    {
        Shapes.Require(input, "path", _path, "Text", c => c.Kind == SchemaShape.Column.VectorKind.Scalar && c.ItemType is TextDataViewType);
        if (_box is not null)
            Shapes.RequireFloats(input, "box", _box, "Vector<Single> of left, top, width, height");
        return Shapes.WithImages(input, _output);
    }
}
