using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Prototypes that stay the patches they were projected onto while the add-on layers learn: made anew in every step of what the backbone, which
/// stands still, sees there.
/// </summary>
internal sealed class Anchors : IDisposable
{
    private readonly ProtoPNetNetwork _network;
    private readonly Tensor _features, _images, _classes;

    /// <summary>Ties the prototypes to their patches, as the last projection placed them.</summary>
    /// <param name="state">The network and the places of its prototypes.</param>
    /// <param name="patches">Those places.</param>
    /// <param name="backbone">The backbone; it does not move while prototypes are tied.</param>
    public Anchors(TrainingState state, PlacedPatches patches, InferenceFeatures backbone)
    {
        _network = state.Network;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Device device = _network.PrototypeVectors.device;
        var features = new Tensor[state.Projected.Count];
        patches.ForEach(backbone.Of, (p, patch) => features[p] = patch.clone().MoveToOuterDisposeScope());
        _features = stack(features).DetachFromDisposeScope();
        _images = Row(state.Projected.Select(p => p.Image), device).DetachFromDisposeScope();
        _classes = Row(_network.Architecture.PrototypeClasses, device).DetachFromDisposeScope();
    }

    /// <summary>
    /// Squared distances of each view to its nearest patch (N × P). To a prototype that was cut from the very photograph, that would be nothing, and
    /// teach nothing: there the mean of the other views of the prototype's class stands in.
    /// </summary>
    public Tensor Nearest(Tensor features, TrainingBatch batch)
    {
        Tensor distances = PrototypeLayer.Distances(_network.LatentOf(features), Prototypes(), _network.Architecture.LatentSpace);
        Tensor nearest = ProtoPNetNetwork.MinDistances(distances);
        Tensor source = Row(batch.Images.ToArray(), nearest.device).t().eq(_images);
        Tensor others = batch.Labels.unsqueeze(1).eq(_classes).logical_and(source.logical_not()).to(nearest.dtype);
        Tensor count = others.sum(dim: 0, keepdim: true);
        Tensor mean = ((nearest * others).sum(dim: 0, keepdim: true) / count).detach();
        return where(source.logical_and(count.to(ScalarType.Bool)), mean, nearest);
    }

    /// <summary>Makes the network's prototypes what their patches are by now.</summary>
    public void Settle()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        _network.PrototypeVectors.copy_(Prototypes());
    }

    public void Dispose()
    {
        _features.Dispose();
        _images.Dispose();
        _classes.Dispose();
    }

    /// <summary>The add-on layers look at one cell at a time: of the features of a patch they make its latent patch (P × D × h × w).</summary>
    private Tensor Prototypes() => _network.LatentOf(_features);

    private static Tensor Row(IEnumerable<int> numbers, Device device) => tensor(numbers.Select(n => (long)n).ToArray(), device: device).unsqueeze(0);
}
