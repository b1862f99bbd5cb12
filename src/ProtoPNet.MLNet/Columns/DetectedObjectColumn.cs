using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A column of photographs cropped to their most certain detection, bound to one input schema.</summary>
internal sealed class DetectedObjectColumn : AddedColumns
{
    private const int Corners = 4;

    private readonly int _image, _boxes, _scores;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public DetectedObjectColumn(DataViewSchema input, string output, string image, string boxes, string scores)
        : base(input, [CroppedImageColumn.Image(input, image), Floats(input, "box", boxes), Floats(input, "score", scores)],
            schema => schema.AddColumn(output, new ImageDataViewType()))
        => (_image, _boxes, _scores) = (CroppedImageColumn.Image(input, image), Floats(input, "box", boxes), Floats(input, "score", scores));

    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked[0]) return [null];
        DataViewSchema.Column boxColumn = InputSchema[_boxes];
        ValueGetter<MLImage> readImage = input.GetGetter<MLImage>(InputSchema[_image]);
        ValueGetter<VBuffer<float>> readBoxes = input.GetGetter<VBuffer<float>>(boxColumn);
        ValueGetter<VBuffer<float>> readScores = input.GetGetter<VBuffer<float>>(InputSchema[_scores]);
        MLImage image = null!;
        VBuffer<float> boxes = default, scores = default;
        ValueGetter<MLImage> cropped = (ref MLImage to) =>
        {
            readImage(ref image);
            readBoxes(ref boxes);
            readScores(ref scores);
            to?.Dispose();
            to = null!;
            if (image is null) return; // a missing image stays missing
            if (boxes.Length != Corners * scores.Length)
                throw new InvalidOperationException($"Row {input.Position}, column '{boxColumn.Name}': {boxes.Length} numbers are not "
                    + $"x0, y0, x1, y1 for each of {scores.Length} scores.");
            to = CroppedImageColumn.Crop(image, Best([.. boxes.DenseValues()], [.. scores.DenseValues()], image.Width, image.Height));
        };
        return [cropped];
    }

    /// <summary>The box with the highest score, as far as it lies in the photograph; all of the photograph if none does.</summary>
    /// <param name="corners">x0, y0, x1, y1 of each box, in pixels.</param>
    /// <param name="scores">A score for each box.</param>
    /// <param name="width">The width of the photograph.</param>
    /// <param name="height">Its height.</param>
    public static PixelBox Best(ReadOnlySpan<float> corners, ReadOnlySpan<float> scores, int width, int height)
    {
        PixelBox best = new(0, height, 0, width);
        float highest = float.NegativeInfinity;
        for (int i = 0; i < scores.Length; i++)
        {
            ReadOnlySpan<float> corner = corners.Slice(Corners * i, Corners);
            int left = Pixel(corner[0], width), top = Pixel(corner[1], height), right = Pixel(corner[2], width), bottom = Pixel(corner[3], height);
            if (!(scores[i] > highest) || right <= left || bottom <= top) continue;
            (best, highest) = (new(top, bottom, left, right), scores[i]);
        }
        return best;
    }

    /// <summary>The nearest edge between pixels, 0 to <paramref name="side"/>.</summary>
    private static int Pixel(float place, int side) => float.IsNaN(place) ? 0 : (int)MathF.Round(Math.Clamp(place, 0, side));

    private static int Floats(DataViewSchema input, string what, string name)
    {
        DataViewSchema.Column column = Find(input, what, name);
        return column.Type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Single ? column.Index
            : throw Mismatch(input, column, what, "Vector<Single>");
    }
}
