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
    private readonly ILookup<int, int> _ofClass;
    private readonly Lazy<Tensor> _rows; // P × Chw

    /// <param name="architecture">The network.</param>
    /// <param name="patches">The features of each prototype's patch (P of Chw).</param>
    /// <param name="device">Where images are scored.</param>
    public PrototypeFeatures(NetworkArchitecture architecture, IReadOnlyList<float[]> patches, Device device)
        : this(architecture, () => patches, device)
    {
    }

    private PrototypeFeatures(NetworkArchitecture architecture, Func<IReadOnlyList<float[]>> patches, Device device)
    {
        _architecture = architecture;
        _ofClass = architecture.PrototypeClasses.Index().ToLookup(p => p.Item, p => p.Index);
        _rows = new(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            return stack(patches().Select(patch => tensor(patch))).to(device).DetachFromDisposeScope();
        });
    }

    /// <summary>Those of a model's prototypes; null unless all are known. They take memory once familiarity is asked for.</summary>
    public static PrototypeFeatures? Of(NetworkArchitecture architecture, IReadOnlyList<Prototype> prototypes, Device device)
        => prototypes.Any(prototype => prototype.Source is null or { Features.IsEmpty: true }) ? null
            : new(architecture, () => [.. prototypes.Select(prototype => prototype.Source!.Features.ToArray())], device);

    /// <summary>The features of each prototype's patch: P × Chw.</summary>
    public Tensor Rows => _rows.Value;

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
        long[] predicted = [.. logits.argmax(1).cpu().data<long>()];
        return [.. predicted.Select((k, n) => Mean(features[n], distances[n], [.. _ofClass[(int)k]]))];
    }

    /// <summary>The mean cosine over some of the prototypes; 0 if there are none.</summary>
    /// <param name="features">The features of one image: C × H × W.</param>
    /// <param name="distances">The squared distances of its patches to the prototypes: P × H' × W'.</param>
    /// <param name="prototypes">The prototypes.</param>
    public float Mean(Tensor features, Tensor distances, IReadOnlyList<int> prototypes)
    {
        if (prototypes.Count == 0) return 0;
        using DisposeScope scope = NewDisposeScope();
        return Cosines(features, distances, prototypes).mean().item<float>();
    }

    /// <summary>The cosine of each prototype's patch and the patch of one image that is nearest to the prototype (P), of the backbone's features.</summary>
    /// <param name="features">The features of the image: C × H × W.</param>
    /// <param name="distances">The squared distances of its patches to the prototypes: P × H' × W'.</param>
    public float[] Cosines(Tensor features, Tensor distances)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. Cosines(features, distances, [.. Enumerable.Range(0, _architecture.Prototypes)]).cpu().data<float>()];
    }

    /// <summary>The same for some of the prototypes (m).</summary>
    private Tensor Cosines(Tensor features, Tensor distances, IReadOnlyList<int> prototypes)
    {
        Tensor asked = tensor(prototypes.Select(p => (long)p).ToArray(), device: features.device);
        Tensor patches = Patches.Unfold(features.unsqueeze(0), _architecture)[0];                               // H' × W' × C × h × w, a view
        (Tensor row, Tensor column) = distances.index_select(0, asked).flatten(1).argmin(1).InRowsOf(distances.shape[2]);
        Tensor found = patches.index(TensorIndex.Tensor(row), TensorIndex.Tensor(column)).flatten(1);           // m × Chw
        return nn.functional.cosine_similarity(found, Rows.index_select(0, asked), dim: 1);
    }

    public void Dispose()
    {
        if (_rows.IsValueCreated) _rows.Value.Dispose();
    }
}
