using System.IO.Compression;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>What a saved model's zip says of its network, read without ML.NET's loader, so that nothing else in the file matters.</summary>
/// <typeparam name="TDescription"><see cref="ModelDescription"/> or <see cref="PooledDescription"/>.</typeparam>
/// <param name="Description">The entry that describes the others.</param>
/// <param name="Network">The network's tensors, in memory.</param>
internal sealed record SavedFile<TDescription>(TDescription Description, TensorFile Network);

/// <summary>Opens the zips of saved models.</summary>
internal static class SavedFile
{
    /// <summary>Opens a ProtoPNet; null if the file is not one.</summary>
    /// <exception cref="WeightsFormatException">It is one, but damaged; or it is an ensemble.</exception>
    public static SavedFile<ModelDescription>? Open(string path) => Open(path, EntryNames.Description, ModelJson.Read);

    /// <summary>Opens a classifier without prototypes; null if the file is not one.</summary>
    /// <inheritdoc cref="Open(string)"/>
    public static SavedFile<PooledDescription>? OpenPooled(string path) => Open(path, EntryNames.Pooled, ModelJson.ReadPooled);

    private static SavedFile<TDescription>? Open<TDescription>(string path, string name, Func<Stream, TDescription> read)
        where TDescription : class
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            if (Find(zip, EntryNames.Ensemble) is not null)
                throw new WeightsFormatException(path, "it is an ensemble of several models: give the model.zip of one of them.");
            if (Find(zip, name) is not { } description || Find(zip, EntryNames.Network) is not { } network) return null;
            try
            {
                TDescription described = read(new MemoryStream(Unpacked(description, ModelEntries.SmallEntry)));
                return new(described, TensorFiles.Open(new MappedFile(path, Unpacked(network, Array.MaxLength))));
            }
            catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException)
            {
                throw new WeightsFormatException(path, $"it is a damaged model: {e.Message}", e);
            }
        }
        catch (InvalidDataException)
        {
            return null; // not a zip
        }
    }

    private static ZipArchiveEntry? Find(ZipArchive zip, string name)
        => zip.Entries.FirstOrDefault(e => e.FullName.Replace('\\', '/').Split('/')[^1] == name);

    private static byte[] Unpacked(ZipArchiveEntry entry, long most)
    {
        if (PackedEntry.Plausible(entry).Length > most)
            throw new FormatException($"'{entry.Name}' has {entry.Length} bytes; at most {most} are read.");
        byte[] bytes = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(bytes);
        PackedEntry.Check(entry, new MemoryStream(bytes));
        return bytes;
    }
}
