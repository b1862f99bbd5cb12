using SkiaSharp;

namespace ProtoPNet.Datasets;

/// <summary>Paints the surroundings of a bird, in units of the picture's side: a blurred wood, a branch, light. Independent of the species.</summary>
internal sealed class ScenePainter(SKCanvas canvas, Random random)
{
    private static readonly (uint Top, uint Bottom)[] _skies =
    [
        (0xBFD9EA, 0x7FA36B), (0xDCE6D2, 0x5E7F4C), (0xE8D8B8, 0x8A8F58), (0xA9C3D6, 0xC9D3B4),
        (0x6E8F6A, 0x33502F), (0xC8C4D8, 0x76806E), (0xF0E2CC, 0xB39B76),
    ];

    private static readonly uint[] _leaves = [0x5B8C3E, 0x7FA64A, 0x3F6B3A, 0x9DB35A, 0xB48A3C, 0xC06A34, 0x4E7D5E];

    /// <summary>The far background: a gradient, patches of out-of-focus light and foliage, twigs.</summary>
    public void PaintBackground()
    {
        (uint top, uint bottom) = _skies[random.Next(_skies.Length)];
        using SKPaint paint = new() { IsAntialias = true };
        float tilt = Between(-0.4f, 0.4f);
        paint.Shader = SKShader.CreateLinearGradient(new(0.5f - tilt, 0), new(0.5f + tilt, 1), [Colour(top), Colour(bottom)], SKShaderTileMode.Clamp);
        canvas.DrawRect(new(-0.1f, -0.1f, 1.1f, 1.1f), paint);
        paint.Shader = null;
        for (int i = random.Next(14, 26); i > 0; i--)
        {
            float radius = Between(0.04f, 0.16f);
            paint.Color = Varied(_leaves[random.Next(_leaves.Length)]).WithAlpha((byte)random.Next(50, 150));
            paint.MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, radius * Between(0.15f, 0.5f));
            canvas.DrawOval(Between(0, 1), Between(0, 1), radius, radius * Between(0.5f, 1), paint);
        }
        paint.Style = SKPaintStyle.Stroke;
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            paint.Color = Varied(0x5C4A36).WithAlpha((byte)random.Next(70, 170));
            paint.StrokeWidth = Between(0.008f, 0.03f);
            paint.MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, 0.008f);
            canvas.DrawLine(Between(-0.1f, 1.1f), -0.1f, Between(-0.1f, 1.1f), 1.1f, paint);
        }
        for (int i = random.Next(3, 9); i > 0; i--) PaintLeaf(new(Between(0, 1), Between(0, 1)), Between(0.05f, 0.10f), 0.006f);
    }

    /// <summary>The branch under the feet.</summary>
    public void PaintPerch(SKPoint feet, float thickness)
    {
        float slope = Between(-0.16f, 0.16f), bend = Between(-0.05f, 0.09f);
        SKPoint left = new(-0.1f, feet.Y - slope * (feet.X + 0.1f) + bend), right = new(1.1f, feet.Y + slope * (1.1f - feet.X) + bend);
        using SKPath path = new();
        path.MoveTo(left);
        path.QuadTo(feet.X - 0.25f, feet.Y - slope * 0.25f, feet.X, feet.Y);
        path.QuadTo(feet.X + 0.25f, feet.Y + slope * 0.25f, right.X, right.Y);
        SKColor bark = Varied(0x6B5138);
        PaintAlong(path, thickness, thickness * 0.5f, Scaled(bark, 0.7f));
        PaintAlong(path, thickness * 0.7f, thickness * 0.38f, bark);
        PaintAlong(path, thickness * 0.18f, thickness * 0.2f, Scaled(bark, 1.5f));
        // Leaves grow at the ends, away from the bird.
        for (int i = random.Next(2, 5); i > 0; i--)
        {
            float x = random.Next(2) == 0 ? Between(0, 0.14f) : Between(0.86f, 1);
            PaintLeaf(new(x, feet.Y + slope * (x - feet.X) + bend + thickness * 0.5f), Between(0.06f, 0.10f), 0);
        }
    }

    /// <summary>The colour and strength of the light over everything.</summary>
    public void PaintLight()
    {
        float exposure = Between(-0.28f, 0.22f);
        using SKPaint paint = new() { Color = exposure < 0 ? new(0, 0, 0, (byte)(-exposure * 255)) : new(255, 250, 230, (byte)(exposure * 160)) };
        canvas.DrawRect(new(-0.1f, -0.1f, 1.1f, 1.1f), paint);
        float warmth = Between(-1, 1);
        paint.Color = warmth > 0 ? new(255, 170, 60, (byte)(warmth * 26)) : new(60, 120, 255, (byte)(-warmth * 26));
        canvas.DrawRect(new(-0.1f, -0.1f, 1.1f, 1.1f), paint);
        using SKPaint edge = new()
        {
            Shader = SKShader.CreateRadialGradient(new(0.5f, 0.5f), 0.8f, [new(0, 0, 0, 0), new(0, 0, 0, 70)], [0.55f, 1], SKShaderTileMode.Clamp),
        };
        canvas.DrawRect(new(-0.1f, -0.1f, 1.1f, 1.1f), edge);
    }

    private void PaintAlong(SKPath path, float width, float below, SKColor colour)
    {
        using SKPaint paint = new() { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = width, Color = colour };
        canvas.Save();
        canvas.Translate(0, below);
        canvas.DrawPath(path, paint);
        canvas.Restore();
    }

    private void PaintLeaf(SKPoint stem, float length, float blur)
    {
        canvas.Save();
        canvas.Translate(stem);
        canvas.RotateDegrees(Between(0, 360));
        canvas.Scale(length);
        using SKPath path = SKPath.ParseSvgPathData("M0 0 Q.35 -.38 1 0 Q.35 .38 0 0 Z");
        SKColor colour = Varied(_leaves[random.Next(_leaves.Length)]);
        using SKPaint paint = new() { IsAntialias = true, Color = colour };
        if (blur > 0) paint.MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, blur / length);
        canvas.DrawPath(path, paint);
        using SKPaint vein = new() { IsAntialias = true, Color = Scaled(colour, 0.75f), Style = SKPaintStyle.Stroke, StrokeWidth = 0.04f };
        canvas.DrawLine(0, 0, 0.9f, 0, vein);
        canvas.Restore();
    }

    private float Between(float low, float high) => low + (high - low) * (float)random.NextDouble();

    private SKColor Varied(uint rgb) => Scaled(Colour(rgb), Between(0.75f, 1.25f));

    private static SKColor Colour(uint rgb) => new(0xFF000000 | rgb);

    private static SKColor Scaled(SKColor colour, float factor)
        => new(
            (byte)Math.Clamp(colour.Red * factor, 0, 255),
            (byte)Math.Clamp(colour.Green * factor, 0, 255),
            (byte)Math.Clamp(colour.Blue * factor, 0, 255));
}
