namespace ProtoPNet.MLNet.Images;

/// <summary>Boxes as given in data sets: left, top, width, height in pixels, possibly fractional.</summary>
internal static class CropBox
{
    /// <summary>The pixels inside a box, with edges rounded as by PIL's <c>crop</c> (halves to even), clipped to the photograph.</summary>
    /// <param name="box">Left, top, width, height. Four zeros stand for the whole photograph.</param>
    /// <param name="width">The width of the photograph in pixels.</param>
    /// <param name="height">The height of the photograph in pixels.</param>
    /// <exception cref="ArgumentException">The box does not have four numbers, is empty, or lies outside the photograph.</exception>
    public static PixelBox Of(ReadOnlySpan<float> box, int width, int height)
    {
        if (box.Length != 4) throw new ArgumentException($"A box has 4 numbers (left, top, width, height), not {box.Length}.");
        if (box is [0, 0, 0, 0]) return new(0, height, 0, width);
        string said = $"[left {box[0]}, top {box[1]}, width {box[2]}, height {box[3]}]";
        foreach (float value in box)
            if (!float.IsFinite(value)) throw new ArgumentException($"The box {said} has a number that is not finite.");
        if (box[2] <= 0 || box[3] <= 0) throw new ArgumentException($"The box {said} is empty; its width and height must be positive.");

        PixelBox pixels = new(Edge(box[1], 0, height), Edge(box[1], box[3], height), Edge(box[0], 0, width), Edge(box[0], box[2], width));
        return pixels is { Width: > 0, Height: > 0 } ? pixels
            : throw new ArgumentException($"The box {said} contains no pixel of the photograph, which has {width}×{height}.");
    }

    private static int Edge(float start, float length, int end) => (int)Math.Clamp(Math.Round((double)start + length), 0, end);
}
