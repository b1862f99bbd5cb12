using Microsoft.ML.Data;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using SkiaSharp;

namespace Quickstart;

/// <summary>"This looks like that": the bird on the left; on the right, per line, its part, the prototype, and a bar of points.</summary>
internal static class ExplanationPicture
{
    private const int Cell = 72, Gap = 9, BarWidth = 160;

    private static readonly SKColor[] Colours = [SKColors.Crimson, SKColors.RoyalBlue, SKColors.SeaGreen, SKColors.DarkOrange, SKColors.MediumPurple];

    public static void Write(string path, MLImage photograph, LocalExplanation explanation, ClassEvidence evidence)
    {
        using SKBitmap bird = Bitmap(photograph);
        Evidence[] lines = [.. evidence.Evidence.Take(Colours.Length)];
        int side = lines.Length * (Cell + Gap) - Gap, width = side + 2 * Cell + BarWidth + 5 * Gap;
        using SKBitmap page = new(width, side + 2 * Gap);
        using SKCanvas canvas = new(page);
        canvas.Clear(SKColors.White);
        canvas.DrawBitmap(bird, SKRect.Create(Gap, Gap, side, side), Smooth);
        double most = Math.Max(1e-6, lines.Max(l => l.Points));
        for (int i = 0; i < lines.Length; i++)
        {
            using SKPaint frame = new() { Color = Colours[i], IsStroke = true, StrokeWidth = 3, IsAntialias = true };
            using SKPaint bar = new() { Color = Colours[i] };
            PixelBox box = lines[i].Activation.Box;
            float scale = (float)side / explanation.ImageSize, top = Gap + i * (Cell + Gap), left = side + 2 * Gap;
            canvas.DrawRect(SKRect.Create(Gap + box.Left * scale, Gap + box.Top * scale, box.Width * scale, box.Height * scale), frame);

            float x = (float)bird.Width / explanation.ImageSize, y = (float)bird.Height / explanation.ImageSize;
            Framed(canvas, bird, SKRect.Create(box.Left * x, box.Top * y, box.Width * x, box.Height * y), left, top, frame);
            using SKBitmap prototype = SKBitmap.Decode(lines[i].Activation.Prototype.Source!.Picture.Span);
            Framed(canvas, prototype, SKRect.Create(prototype.Width, prototype.Height), left + Cell + Gap, top, frame);
            canvas.DrawRect(
                SKRect.Create(left + 2 * (Cell + Gap), top + Cell / 3f, (float)(BarWidth * Math.Max(0, lines[i].Points) / most), Cell / 3f), bar);
        }
        using SKData png = page.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }

    private static SKPaint Smooth { get; } = new() { FilterQuality = SKFilterQuality.High };

    private static SKBitmap Bitmap(MLImage image)
    {
        SKColorType order = image.PixelFormat == MLPixelFormat.Bgra32 ? SKColorType.Bgra8888 : SKColorType.Rgba8888;
        using SKImage copy = SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, order, SKAlphaType.Premul), image.Pixels);
        return SKBitmap.FromImage(copy);
    }

    private static void Framed(SKCanvas canvas, SKBitmap picture, SKRect part, float left, float top, SKPaint frame)
    {
        SKRect place = SKRect.Create(left, top, Cell, Cell);
        canvas.DrawBitmap(picture, part, place, Smooth);
        canvas.DrawRect(place, frame);
    }
}
