using SkiaSharp;

namespace ProtoPNet.Datasets;

/// <summary>
/// Paints one bird facing right, in its own coordinates: origin at the middle of the body, y pointing down, about 1.2 from beak to tail.
/// </summary>
internal sealed class BirdPainter(SKCanvas canvas, BirdSpecies species, Random random)
{
    /// <summary>The positions of the parts.</summary>
    public static IReadOnlyList<(string Name, SKPoint Place)> Anchors { get; } =
    [
        ("beak", new(0.47f, -0.21f)), ("eye", new(0.32f, -0.26f)), ("crest", new(0.22f, -0.41f)), ("breast", new(0.33f, 0.02f)),
        ("belly", new(0.08f, 0.22f)),
        ("back", new(-0.04f, -0.14f)), ("wing", new(-0.08f, 0.04f)), ("tail", new(-0.60f, 0.13f)), ("feet", new(0.04f, 0.40f)),
    ];

    /// <summary>The bounding box of the bird.</summary>
    public static SKRect Extent { get; } = new(-0.78f, -0.56f, 0.66f, 0.42f);

    /// <summary>The height at which the feet grip.</summary>
    public const float Ground = 0.41f;

    public void Paint()
    {
        PaintLegs();
        PaintTail();
        PaintCrest();
        PaintBeak();
        PaintBody();
        PaintWing();
        PaintEye();
    }

    private void PaintLegs()
    {
        using SKPaint paint = Stroke(Colour(0x5A4636), 0.022f);
        foreach (float x in (float[])[0.0f, 0.10f])
        {
            canvas.DrawLine(x, 0.24f, x + 0.01f, Ground, paint);
            canvas.DrawLine(x - 0.03f, Ground + 0.01f, x + 0.06f, Ground + 0.01f, paint);
        }
    }

    private void PaintTail()
    {
        using SKPath path = Path(species.Tail switch
        {
            TailShape.Forked => "M-.30 -.03 L-.76 .02 L-.56 .13 L-.74 .26 L-.34 .16 Z",
            TailShape.Fan => "M-.30 -.02 L-.72 -.10 Q-.80 .08 -.68 .28 L-.32 .15 Z",
            _ => "M-.30 -.02 L-.68 .06 L-.66 .19 L-.32 .14 Z",
        });
        SKColor colour = Colour(species.TailColour ?? Darker(species.Upper, 0.8f));
        Fill(path, colour);
        Save(path);
        using SKPaint line = Stroke(Shade(colour, 0.7f).WithAlpha(150), 0.010f);
        for (int i = -2; i <= 3; i++) canvas.DrawLine(-0.28f, 0.06f, -0.80f, 0.10f + 0.07f * i, line);
        canvas.Restore();
        Outline(path, colour);
    }

    private void PaintCrest()
    {
        if (species.Crest is not { } crest) return;
        using SKPath path = Path("M.37 -.34 Q.30 -.54 .12 -.55 Q.19 -.49 .18 -.46 Q.08 -.49 .02 -.44 "
            + "Q.11 -.40 .11 -.37 Q.05 -.37 .03 -.32 Q.10 -.28 .20 -.28 Z");
        Fill(path, Colour(crest));
        Outline(path, Colour(crest));
    }

    private void PaintBeak()
    {
        using SKPath path = Path(species.Beak switch
        {
            BeakShape.Lance => "M.38 -.285 Q.56 -.27 .66 -.15 Q.53 -.20 .38 -.185 Z",
            BeakShape.Thick => "M.36 -.33 Q.52 -.34 .56 -.17 Q.52 -.15 .37 -.15 Z",
            _ => "M.39 -.275 L.53 -.215 L.39 -.185 Z",
        });
        SKColor colour = Colour(species.BeakColour);
        Fill(path, colour);
        using SKPaint slit = Stroke(Shade(colour, 0.5f), 0.010f);
        canvas.DrawLine(0.40f, -0.225f, species.Beak == BeakShape.Cone ? 0.50f : 0.54f, -0.215f, slit);
        Outline(path, colour);
    }

    private void PaintBody()
    {
        using SKPath trunk = Path("M.14 -.30 C-.02 -.24 -.20 -.10 -.44 .02 C-.42 .14 -.26 .30 -.02 .31 "
            + "C.22 .32 .40 .16 .40 -.04 C.40 -.14 .38 -.2 .34 -.26 Z");
        using SKPath head = new();
        head.AddOval(new(0.115f, -0.40f, 0.425f, -0.10f));
        using SKPath body = trunk.Op(head, SKPathOp.Union);
        SKColor upper = Colour(species.Upper);
        Fill(body, upper);
        Save(body);
        using SKPaint soft = new()
        {
            IsAntialias = true,
            Color = Colour(species.Lower),
            MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, 0.02f),
        };
        canvas.DrawOval(0.14f, 0.22f, 0.33f, 0.20f, soft);
        if (species.Breast is { } breast)
        {
            soft.Color = Colour(breast);
            canvas.DrawOval(0.345f, 0.0f, 0.13f, 0.17f, soft);
        }
        if (species.Cap is { } cap)
        {
            using SKPath crown = Path("M.05 -.45 L.45 -.45 L.45 -.30 Q.28 -.26 .05 -.27 Z");
            Fill(crown, Colour(cap));
        }
        if (species.Mask is { } mask)
        {
            using SKPath band = Path("M.10 -.27 Q.26 -.35 .44 -.28 L.44 -.19 Q.28 -.17 .10 -.21 Z");
            Fill(band, Colour(mask));
        }
        Feathers(upper, 60, new(-0.4f, -0.4f, 0.42f, 0.3f));
        Roundness(new(0.05f, -0.12f), 0.52f);
        canvas.Restore();
        Outline(body, upper);
    }

    private void PaintWing()
    {
        using SKPath wing = Path("M.20 -.08 C.10 -.20 -.14 -.12 -.30 .02 L-.54 .12 C-.40 .20 -.10 .22 .08 .14 C.18 .09 .23 .01 .20 -.08 Z");
        SKColor colour = Colour(species.Wing ?? Darker(species.Upper, 0.86f));
        Fill(wing, colour);
        Save(wing);
        using SKPaint line = Stroke(Shade(colour, 0.68f).WithAlpha(170), 0.012f);
        for (int i = 0; i < 6; i++) canvas.DrawLine(0.12f - 0.07f * i, 0.15f - 0.035f * i, -0.46f + 0.03f * i, 0.16f - 0.05f * i, line);
        if (species.WingBars is { } bars)
        {
            using SKPaint bar = Stroke(Colour(bars), 0.050f);
            canvas.DrawLine(0.03f, -0.17f, 0.12f, 0.17f, bar);
            canvas.DrawLine(-0.12f, -0.14f, -0.03f, 0.22f, bar);
        }
        Feathers(colour, 14, new(-0.3f, -0.1f, 0.2f, 0.15f));
        Roundness(new(-0.05f, -0.08f), 0.42f);
        canvas.Restore();
        Outline(wing, colour);
    }

    private void PaintEye()
    {
        Dot(0.32f, -0.26f, 0.036f, new(0xE8, 0xE2, 0xD0));
        Dot(0.322f, -0.26f, 0.028f, new(0x12, 0x0E, 0x0C));
        Dot(0.332f, -0.27f, 0.009f, SKColors.White);
    }

    private void Feathers(SKColor colour, int count, SKRect where)
    {
        for (int i = 0; i < count; i++)
        {
            float x = where.Left + (float)random.NextDouble() * where.Width, y = where.Top + (float)random.NextDouble() * where.Height;
            using SKPaint paint = Stroke(Shade(colour, random.Next(2) == 0 ? 0.75f : 1.3f).WithAlpha(60), 0.009f);
            canvas.DrawLine(x, y, x - 0.05f, y + 0.02f, paint);
        }
    }

    /// <summary>Light from above, shadow below.</summary>
    private void Roundness(SKPoint lit, float radius)
    {
        using SKPaint paint = new()
        {
            IsAntialias = true,
            Shader = SKShader.CreateRadialGradient(
                lit, radius, [new(255, 255, 255, 60), new(255, 255, 255, 0), new(0, 0, 0, 90)], [0, 0.45f, 1], SKShaderTileMode.Clamp),
        };
        canvas.DrawRect(Extent, paint);
    }

    private void Save(SKPath clip)
    {
        canvas.Save();
        canvas.ClipPath(clip, SKClipOperation.Intersect, true);
    }

    private void Fill(SKPath path, SKColor colour)
    {
        using SKPaint paint = new() { IsAntialias = true, Color = colour };
        canvas.DrawPath(path, paint);
    }

    private void Dot(float x, float y, float radius, SKColor colour)
    {
        using SKPaint paint = new() { IsAntialias = true, Color = colour };
        canvas.DrawCircle(x, y, radius, paint);
    }

    private void Outline(SKPath path, SKColor colour)
    {
        using SKPaint paint = Stroke(Shade(colour, 0.5f).WithAlpha(140), 0.010f);
        canvas.DrawPath(path, paint);
    }

    private static SKPath Path(string svg) => SKPath.ParseSvgPathData(svg);

    private static SKPaint Stroke(SKColor colour, float width)
        => new() { IsAntialias = true, Color = colour, Style = SKPaintStyle.Stroke, StrokeWidth = width, StrokeCap = SKStrokeCap.Round };

    private static SKColor Colour(uint rgb) => new(0xFF000000 | rgb);

    private static uint Darker(uint rgb, float factor) => (uint)Shade(Colour(rgb), factor) & 0xFFFFFF;

    private static SKColor Shade(SKColor colour, float factor)
        => new(Scaled(colour.Red, factor), Scaled(colour.Green, factor), Scaled(colour.Blue, factor));

    private static byte Scaled(byte value, float factor) => (byte)Math.Clamp(value * factor, 0, 255);
}
