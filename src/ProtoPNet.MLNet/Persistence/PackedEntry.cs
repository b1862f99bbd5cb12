using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>
/// What the zip itself says of an entry. ML.NET unpacks an entry whole, onto the disk, without asking how large it gets or whether its checksum fits;
/// both are looked at here.
/// </summary>
internal static class PackedEntry
{
    /// <summary>Beyond this an entry must not unpack to more than <see cref="MostRatio"/> times its packed size: weights hardly shrink.</summary>
    private const long AlwaysAllowed = 256 << 20;

    private const int MostRatio = 100;

    /// <summary>The entry <paramref name="name"/> of the model that is being loaded; null where there is none.</summary>
    /// <exception cref="FormatException">It unpacks to absurdly much.</exception>
    public static ZipArchiveEntry? Find(ModelLoadContext ctx, string name)
    {
        string path = Path.Combine(ctx.Directory ?? "", name);
        Dictionary<string, ZipArchiveEntry> entries = Entries(ctx.Repository);
        if (!entries.TryGetValue(path, out ZipArchiveEntry? entry) && !entries.TryGetValue(path.Replace('/', '\\'), out entry)) return null;
        return entry.Length <= AlwaysAllowed || entry.Length / MostRatio <= entry.CompressedLength ? entry
            : throw new FormatException($"it would unpack from {entry.CompressedLength} bytes to {entry.Length}: a zip bomb.");
    }

    /// <exception cref="FormatException">The bytes are not those that were packed.</exception>
    public static void Check(ZipArchiveEntry packed, Stream unpacked)
    {
        if (unpacked.Length != packed.Length) throw new FormatException($"it has {unpacked.Length} bytes instead of {packed.Length}: it is damaged.");
        if (Crc32.Of(unpacked) != packed.Crc32) throw new FormatException("its checksum is wrong: it is damaged.");
        unpacked.Position = 0;
    }

    /// <summary>ML.NET's entries by path; a test loads damaged files, so that a renamed field is found.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_entries")]
    private static extern ref Dictionary<string, ZipArchiveEntry> Entries(RepositoryReader reader);
}
