using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Tests.Images;

/// <summary>A plain, slow transcription of PIL's bilinear resize: rows first, rounded to bytes, then columns.</summary>
internal static class PilReference
{
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        byte[] narrow = Axis(image.Pixels, image.Width, width, image.Height, step: 3, line: 3 * image.Width, newStep: 3, newLine: 3 * width);
        return new(width, height, Axis(narrow, image.Height, height, width, step: 3 * width, line: 3, newStep: 3 * width, newLine: 3));
    }

    private static byte[] Axis(byte[] from, int length, int newLength, int lines, int step, int line, int newStep, int newLine)
    {
        byte[] to = new byte[3 * lines * newLength];
        double scale = (double)length / newLength, support = Math.Max(1, scale);
        for (int x = 0; x < newLength; x++)
        {
            double centre = (x + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5)), end = Math.Min(length, (int)(centre + support + 0.5));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(i => Math.Max(0, 1 - Math.Abs((i - centre + 0.5) / support)))];
            double sum = weights.Sum();
            int[] units = [.. weights.Select(w => (int)Math.Floor(w / sum * (1 << 22) + 0.5))];
            for (int y = 0; y < lines; y++)
                for (int channel = 0; channel < 3; channel++)
                {
                    long total = 1 << 21;
                    for (int i = 0; i < units.Length; i++) total += (long)units[i] * from[y * line + (first + i) * step + channel];
                    to[y * newLine + x * newStep + channel] = (byte)Math.Clamp(total >> 22, 0, 255);
                }
        }
        return to;
    }
}
