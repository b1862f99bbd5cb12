using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A photograph to analyse, decoded only when its turn comes.</summary>
/// <param name="Id">Its id, as the training data have it: its path where one is known, otherwise <c>row N</c>.</param>
/// <param name="ClassIndex">Its class, 0-based; null where it is not known.</param>
/// <param name="Load">Decodes it; called on any thread, at most once a pass.</param>
public sealed record AnalysedImage(string Id, int? ClassIndex, Func<RgbImage> Load)
{
    /// <summary>Its annotated, visible parts; empty if none are known.</summary>
    public IReadOnlyList<PartPlace> Parts { get; init; } = [];

    /// <summary>Decodes it; what goes wrong is said with its id.</summary>
    /// <exception cref="UnreadableImageException">It cannot be read, or is no image.</exception>
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
    /// <param name="id">Its id, as the training data have it.</param>
    /// <param name="classIndex">Its class, 0-based; null where it is not known.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="boundingBox">Left, top, width, height in pixels of the upright photograph, to cut it to; null or four zeros: all of it.</param>
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
