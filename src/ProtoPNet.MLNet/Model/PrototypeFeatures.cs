using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// The backbone's features of the patches that prototypes are. The add-on layers learn to tell classes apart, and map whatever comes to somewhere near a
/// prototype; the backbone still sees the difference.
/// </summary>
internal sealed class PrototypeFeatures : IDisposable
{
    private readonly NetworkArchitecture _architecture;
    private readonly Tensor _rows; // P × Chw, of length 1
    private readonly Tensor[] _ofClass;

    private PrototypeFeatures(NetworkArchitecture architecture, Tensor rows)
    {
        (_architecture, _rows) = (architecture, rows);
        ILookup<int, int> own = architecture.PrototypeClasses.Index().ToLookup(p => p.Item, p => p.Index);
        _ofClass = [.. Enumerable.Range(0, architecture.Classes)
            .Select(k => tensor(own[k].Select(p => (long)p).ToArray(), device: rows.device).DetachFromDisposeScope())];
    }

    /// <summary>Those of a model's prototypes; null unless all are known.</summary>
    public static PrototypeFeatures? Of(NetworkArchitecture architecture, IReadOnlyList<Prototype> prototypes, Device device)
    {
        if (prototypes.Any(prototype => prototype.Source is null or { Features.IsEmpty: true })) return null;
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = stack(prototypes.Select(prototype => tensor(prototype.Source!.Features.ToArray())));
        return new(architecture, nn.functional.normalize(rows, p: 2, dim: 1).to(device).DetachFromDisposeScope());
    }

    /// <summary>
    /// How familiar images look (N): the mean cosine, over the prototypes of the predicted class, between the features of the prototype's patch and those of
    /// the nearest patch of the image. 0 for a class without prototypes.
    /// </summary>
    /// <param name="features">The backbone's features of the images: N × C × H × W.</param>
    /// <param name="distances">The squared distances of their patches to the prototypes: N × P × H' × W'.</param>
    /// <param name="logits">Their logits: N × K.</param>
    public float[] Familiarity(Tensor features, Tensor distances, Tensor logits)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor nearest = distances.flatten(2).argmin(2);            // N × P
        Tensor patches = Patches.Rows(features, _architecture);     // N × H'W' × Chw
        long[] predicted = [.. logits.argmax(1).cpu().data<long>()];
        return [.. predicted.Select((k, n) => Of(_ofClass[k], patches[n], nearest[n]))];
    }

    private float Of(Tensor prototypes, Tensor patches, Tensor nearest)
    {
        if (prototypes.shape[0] == 0) return 0;
        Tensor found = patches.index_select(0, nearest.index_select(0, prototypes));
        return nn.functional.cosine_similarity(found, _rows.index_select(0, prototypes), dim: 1).mean().item<float>();
    }

    public void Dispose()
    {
        _rows.Dispose();
        foreach (Tensor prototypes in _ofClass) prototypes.Dispose();
    }
}
