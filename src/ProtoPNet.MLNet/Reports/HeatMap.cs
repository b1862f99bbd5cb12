using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Reports;

/// <summary>Similarity maps coloured as in the published implementation: each from its lowest (blue) to its highest value (red).</summary>
internal static class HeatMap
{
    /// <summary>The shares of photograph and map in an overlay. The published 0.5 and 0.3 darken the picture; these keep its brightness.</summary>
    public const double PhotographShare = 0.55, HeatShare = 0.45;

    /// <summary>The map enlarged to <paramref name="width"/> × <paramref name="height"/>, coloured.</summary>
    public static RgbImage Colour(float[,] similarities, int width, int height)
    {
        int side = Math.Max(width, height);
        float[,] map = SimilarityMap.Enlarge(similarities, side);
        (float low, float high) = (map.Cast<float>().Min(), map.Cast<float>().Max());
        float scale = high > low ? 255 / (high - low) : 0;
        byte[] pixels = new byte[3 * side * side];
        for (int y = 0, p = 0; y < side; y++)
            for (int x = 0; x < side; x++, p += 3)
                (pixels[p], pixels[p + 1], pixels[p + 2]) = Jet((int)((map[y, x] - low) * scale));
        return Resampling.Resize(new(side, side, pixels), width, height);
    }

    /// <summary>The map laid over the photograph, at the photograph's size.</summary>
    public static RgbImage Overlay(RgbImage photograph, float[,] similarities)
    {
        RgbImage heat = Colour(similarities, photograph.Width, photograph.Height);
        byte[] pixels = new byte[photograph.Pixels.Length];
        for (int p = 0; p < pixels.Length; p++)
            pixels[p] = (byte)Math.Round(PhotographShare * photograph.Pixels[p] + HeatShare * heat.Pixels[p]);
        return new(photograph.Width, photograph.Height, pixels);
    }

    /// <summary>The colour map "jet" of OpenCV, at <paramref name="level"/> 0 … 255.</summary>
    public static (byte Red, byte Green, byte Blue) Jet(int level)
    {
        return (Ramp(3), Ramp(2), Ramp(1));

        byte Ramp(int peak) => (byte)Math.Clamp(Math.Round(382.5 - Math.Abs(4 * level - 255 * peak)), 0, 255);
    }
}
