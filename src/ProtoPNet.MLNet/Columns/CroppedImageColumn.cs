using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Columns;

/// <summary>A column of photographs cropped to boxes, bound to one input schema.</summary>
internal sealed class CroppedImageColumn : AddedColumns
{
    private readonly int _image, _box;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public CroppedImageColumn(DataViewSchema input, string output, string image, string box)
        : base(input, [Image(input, image), Box(input, box)], schema => schema.AddColumn(output, new ImageDataViewType()))
        => (_image, _box) = (Image(input, image), Box(input, box));

    public override Delegate?[] Bind(DataViewRow input, ReadOnlySpan<bool> asked)
    {
        if (!asked[0]) return [null];
        DataViewSchema.Column imageColumn = InputSchema[_image], boxColumn = InputSchema[_box];
        ValueGetter<MLImage> readImage = input.GetGetter<MLImage>(imageColumn);
        ValueGetter<VBuffer<float>> readBox = input.GetGetter<VBuffer<float>>(boxColumn);
        MLImage image = null!;
        VBuffer<float> box = default;
        ValueGetter<MLImage> cropped = (ref MLImage to) =>
        {
            readImage(ref image);
            readBox(ref box);
            to?.Dispose();
            to = null!;
            if (image is null) return; // a missing image stays missing
            try
            {
                to = Crop(image, CropBox.Of([.. box.DenseValues()], image.Width, image.Height));
            }
            catch (ArgumentException e)
            {
                throw new InvalidOperationException($"Row {input.Position}, column '{boxColumn.Name}': {e.Message}", e);
            }
        };
        return [cropped];
    }

    /// <summary>The pixels of an image inside a box.</summary>
    public static MLImage Crop(MLImage image, PixelBox box)
    {
        const int BytesPerPixel = 4; // both of MLImage's pixel formats
        byte[] pixels = new byte[BytesPerPixel * box.Width * box.Height];
        int width = BytesPerPixel * box.Width;
        for (int row = 0; row < box.Height; row++)
            image.Pixels.Slice(BytesPerPixel * ((box.Top + row) * image.Width + box.Left), width).CopyTo(pixels.AsSpan(row * width));
        return MLImage.CreateFromPixels(box.Width, box.Height, image.PixelFormat, pixels);
    }

    /// <summary>The index of a column of images.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or its type is another.</exception>
    public static int Image(DataViewSchema input, string name)
    {
        DataViewSchema.Column column = Find(input, "image", name);
        return column.Type is ImageDataViewType ? column.Index : throw Mismatch(input, column, "image", "Image");
    }
}
