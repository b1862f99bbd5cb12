using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>Stores a classifier without prototypes as entries of ML.NET's zip: JSON and safetensors. Data only; equal models give equal bytes.</summary>
internal static class PooledEntries
{
    public static void Write(ModelSaveContext ctx, SavedPooled saved)
    {
        ctx.SaveBinaryStream(EntryNames.Pooled, w => ModelJson.Write(w.BaseStream, PooledDescription.Of(saved)));
        ctx.SaveBinaryStream(EntryNames.Network, w => NetworkEntry.Write(w.BaseStream, saved.Model.Network));
    }

    /// <exception cref="FormatException">An entry is missing, damaged or inconsistent with the others; the message says which and why.</exception>
    public static SavedPooled Read(ModelLoadContext ctx, Device device)
    {
        PooledDescription description = ModelEntries.Entry(ctx, EntryNames.Pooled, ModelEntries.SmallEntry, ModelJson.ReadPooled);
        ClassLabels labels = ModelEntries.Checked(EntryNames.Pooled, () => ClassLabels.Parse(description.LabelType, description.Labels));
        PooledNetwork network = ModelEntries.Entry(
            ctx, EntryNames.Network, long.MaxValue, s => NetworkEntry.Read(s, EntryNames.Network, description.Architecture));
        network.to(device);
        return new(
            new TrainedPooledClassifier(network, labels.Names, device) { Temperature = description.Temperature },
            labels, description.Columns, description.BatchSize);
    }
}
