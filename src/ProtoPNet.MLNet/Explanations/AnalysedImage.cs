using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A photograph to analyse, decoded on demand.</summary>
/// <param name="Id">Its id, as in the training data: its path if known, otherwise <c>row N</c>.</param>
/// <param name="ClassIndex">Its class, 0-based; null if unknown.</param>
/// <param name="Load">Decodes it; called on any thread, at most once per pass.</param>
public sealed record AnalysedImage(string Id, int? ClassIndex, Func<RgbImage> Load)
{
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
}
