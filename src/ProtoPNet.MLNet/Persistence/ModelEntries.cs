using System.IO.Compression;
using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>Stores a model as entries of ML.NET's zip: JSON, safetensors, PNG. Data only; equal models give equal bytes.</summary>
internal static class ModelEntries
{
    /// <summary>The maximum size of a description or picture, far above any real one.</summary>
    internal const long SmallEntry = 64 << 20;

    public static void Write(ModelSaveContext ctx, SavedModel saved)
    {
        ctx.SaveBinaryStream(EntryNames.Description, w => ModelJson.Write(w.BaseStream, ModelDescription.Of(saved)));
        ctx.SaveBinaryStream(EntryNames.Network, w => NetworkEntry.Write(w.BaseStream, saved.Model.Network));
        if (saved.Model.KnowsFamiliarity)
            ctx.SaveBinaryStream(EntryNames.PrototypeFeatures, w => PrototypeFeaturesEntry.Write(w.BaseStream, saved.Model.Prototypes));
        foreach (Prototype prototype in saved.Model.Prototypes)
        {
            if (prototype.Source is not { } source) continue;
            ctx.SaveBinaryStream(EntryNames.Picture(prototype.Index), w => w.Write(source.Picture.Span));
            ctx.SaveBinaryStream(EntryNames.Thumbnail(prototype.Index), w => w.Write(source.Thumbnail.Span));
        }
    }

    /// <exception cref="FormatException">An entry is missing, damaged or inconsistent with the others; the message says which and why.</exception>
    public static SavedModel Read(ModelLoadContext ctx, Device device)
    {
        ModelDescription description = Entry(ctx, EntryNames.Description, SmallEntry, ModelJson.Read);
        ClassLabels labels = Checked(EntryNames.Description, () => ClassLabels.Parse(description.LabelType, description.Labels));
        // The network first: its tensors confirm the sizes that the description claims.
        ProtoPNetNetwork network = Entry(
            ctx, EntryNames.Network, long.MaxValue, s => NetworkEntry.Read(s, EntryNames.Network, description.Architecture));
        try
        {
            IReadOnlyList<ReadOnlyMemory<float>>? features = Features(ctx, description.Architecture);
            IReadOnlyList<Prototype> prototypes = description.Prototypes(name => Entry(ctx, name, SmallEntry, Picture), j => features?[j] ?? default);
            network.to(device);
            return new(
                new TrainedProtoPNet(network, labels.Names, prototypes, device)
                {
                    Penalties = description.LastLayer,
                    Revisions = description.Revisions ?? [],
                    UsualFamiliarity = description.UsualFamiliarity,
                },
                labels, description.Columns, description.BatchSize);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The backbone's features of each prototype's patch; null in a model of an earlier version.</summary>
    private static IReadOnlyList<ReadOnlyMemory<float>>? Features(ModelLoadContext ctx, NetworkArchitecture architecture)
    {
        const string Name = EntryNames.PrototypeFeatures;
        return Checked(Name, () => PackedEntry.Find(ctx, Name)) is null ? null
            : Entry(ctx, Name, long.MaxValue, s => PrototypeFeaturesEntry.Read(s, Name, architecture));
    }

    private static ReadOnlyMemory<byte> Picture(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>Reads an entry once its size and checksum are found right.</summary>
    /// <exception cref="FormatException">It is missing, too large or damaged; the message names it.</exception>
    internal static T Entry<T>(ModelLoadContext ctx, string name, long most, Func<Stream, T> read) => Checked(name, () =>
    {
        T value = default!;
        ZipArchiveEntry packed = PackedEntry.Find(ctx, name) ?? throw new FormatException("there is no such entry; it is damaged, or no ProtoPNet.");
        if (packed.Length > most) throw new FormatException($"it has {packed.Length} bytes; at most {most} make sense.");
        ctx.TryLoadBinaryStream(name, reader =>
        {
            PackedEntry.Check(packed, reader.BaseStream);
            value = read(reader.BaseStream);
        });
        return value;
    });

    /// <summary>Reads something of an entry; errors name it.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public static T Checked<T>(string entry, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or WeightsFormatException or StateDictMismatchException or IOException or InvalidDataException
            or NotSupportedException)
        {
            throw new FormatException($"The model cannot be loaded, because of its entry '{entry}': {e.Message}", e);
        }
    }
}
