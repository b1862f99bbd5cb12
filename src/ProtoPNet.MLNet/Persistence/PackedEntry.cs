using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>
/// The zip directory's view of an entry. ML.NET unpacks entries to disk without checking their size or checksum;
/// both are checked here.
/// </summary>
internal static class PackedEntry
{
    /// <summary>The size above which an entry must not exceed <see cref="MostRatio"/> times its packed size: weights barely compress.</summary>
    private const long AlwaysAllowed = 256 << 20;

    private const int MostRatio = 100;

    /// <summary>The entry <paramref name="name"/> of the model being loaded; null if missing.</summary>
    /// <exception cref="FormatException">It unpacks to an implausible size.</exception>
    public static ZipArchiveEntry? Find(ModelLoadContext ctx, string name)
    {
        string path = Path.Combine(ctx.Directory ?? "", name);
        Dictionary<string, ZipArchiveEntry> entries = Entries(ctx.Repository);
        if (!entries.TryGetValue(path, out ZipArchiveEntry? entry) && !entries.TryGetValue(path.Replace('/', '\\'), out entry)) return null;
        return Plausible(entry);
    }

    /// <summary>The same entry, if its size is plausible.</summary>
    /// <exception cref="FormatException">It unpacks to an implausible size.</exception>
    public static ZipArchiveEntry Plausible(ZipArchiveEntry entry)
        => entry.Length <= AlwaysAllowed || entry.Length / MostRatio <= entry.CompressedLength ? entry
            : throw new FormatException($"it would unpack from {entry.CompressedLength} bytes to {entry.Length}: a zip bomb.");

    /// <exception cref="FormatException">The bytes differ from the packed ones.</exception>
    public static void Check(ZipArchiveEntry packed, Stream unpacked)
    {
        if (unpacked.Length != packed.Length) throw new FormatException($"it has {unpacked.Length} bytes instead of {packed.Length}: it is damaged.");
        if (Crc32.Of(unpacked) != packed.Crc32) throw new FormatException("its checksum is wrong: it is damaged.");
        unpacked.Position = 0;
    }

    /// <summary>ML.NET's entries by path. A test with damaged files detects a renamed field.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_entries")]
    private static extern ref Dictionary<string, ZipArchiveEntry> Entries(RepositoryReader reader);
}
