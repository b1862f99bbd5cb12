using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Encoded photographs: <c>--data FOLDER</c> takes its JPEGs, otherwise birds are painted at <c>--pixels</c> (500, as CUB's longer side).
/// </summary>
internal static class PhotographFiles
{
    public static IReadOnlyList<byte[]> Of(Arguments arguments, int count)
    {
        string folder = arguments.Text("data", "");
        if (folder.Length == 0)
        {
            int pixels = arguments.Int("pixels", 500);
            return [.. Enumerable.Range(0, count).Select(i => ProceduralBirds.Draw(BirdSpecies.All[i % BirdSpecies.All.Count], i, pixels).ToJpeg())];
        }
        byte[][] files = [.. Directory.EnumerateFiles(folder, "*.jp*g", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Take(count).Select(File.ReadAllBytes)];
        return files.Length > 0 ? files : throw new ArgumentException($"There are no JPEGs in '{folder}'.");
    }

    /// <summary>The photographs, decoded.</summary>
    public static IEnumerable<RgbImage> Decoded(Arguments arguments, int count) => Of(arguments, count).Select(file => ImageCodec.Decode(file));
}
