using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A photograph to analyse, decoded on demand.</summary>
/// <param name="Id">Its id, as in the training data: its path if known, otherwise <c>row N</c>.</param>
/// <param name="ClassIndex">Its class, 0-based; null if unknown.</param>
/// <param name="Load">Decodes it; called on any thread, at most once per pass.</param>
public sealed record AnalysedImage(string Id, int? ClassIndex, Func<RgbImage> Load)
{
    /// <summary>Its annotated, visible parts; empty if none are known.</summary>
    public IReadOnlyList<PartPlace> Parts { get; init; } = [];

    /// <summary>The box around its object, where the photograph shows more than that; null if unknown.</summary>
    public ObjectBox? ObjectBox { get; init; }

    /// <summary>Decodes it; errors name its id.</summary>
    /// <exception cref="UnreadableImageException">It cannot be read, or is not an image.</exception>
    internal RgbImage Decode()
    {
        try
        {
            return Load();
        }
        catch (Exception e) when (e is UnreadableImageException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UnreadableImageException($"{Id}: {e.Message}", e);
        }
    }

    /// <summary>A photograph on disk.</summary>
    /// <param name="id">Its id, as in the training data.</param>
    /// <param name="classIndex">Its class, 0-based; null if unknown.</param>
    /// <param name="path">The file.</param>
    /// <param name="boundingBox">
    /// The box to crop to: left, top, width, height in pixels of the upright photograph; null or four zeros for all of it.
    /// </param>
    public static AnalysedImage FromFile(string id, int? classIndex, string path, IReadOnlyList<float>? boundingBox = null)
        => new(id, classIndex, () => PhotographFile.Read(path, boundingBox));

    /// <summary>The same photograph with parts whose places are in pixels of the whole upright photograph, moved with the cut.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="boundingBox">The box that the photograph is cut to; null or four zeros: all of it.</param>
    public AnalysedImage WithParts(IEnumerable<PartPlace> parts, IReadOnlyList<float>? boundingBox = null)
    {
        (float left, float top) = boundingBox is [var x, var y, _, _] ? (Edge(x), Edge(y)) : (0, 0);
        return this with { Parts = [.. parts.Select(part => part with { X = part.X - left, Y = part.Y - top })] };

        static float Edge(float start) => (float)Math.Max(0, Math.Round((double)start));
    }
}
