using System.IO.Compression;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>A model file as names and bytes of its entries, in order; written back uncompressed, for speed.</summary>
internal sealed record ModelZip(IReadOnlyList<(string Name, byte[] Bytes)> Entries)
{
    public static ModelZip Read(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return new([.. zip.Entries.Select(e => (e.FullName, Bytes(e)))]);
    }

    /// <summary>The only entry with the given name ending.</summary>
    public int Find(string ending) => Enumerable.Range(0, Entries.Count).Single(i => Entries[i].Name.EndsWith(ending, StringComparison.Ordinal));

    public ModelZip With(int entry, byte[] bytes) => new([.. Entries.Select((e, i) => i == entry ? (e.Name, bytes) : e)]);

    public ModelZip Named(int entry, string name) => new([.. Entries.Select((e, i) => i == entry ? (name, e.Bytes) : e)]);

    public ModelZip Without(int entry) => new([.. Entries.Where((_, i) => i != entry)]);

    public ModelZip And(string name, byte[] bytes) => new([.. Entries, (name, bytes)]);

    public byte[] ToFile(CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in Entries)
            {
                using Stream stream = zip.CreateEntry(name, level).Open();
                stream.Write(bytes);
            }
        }
        return file.ToArray();
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
