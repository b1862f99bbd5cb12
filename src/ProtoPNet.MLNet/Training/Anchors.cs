using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Keeps prototypes on the patches they were projected onto while the add-on layers learn: every step recomputes them from the frozen backbone's
/// features of those patches.
/// </summary>
internal sealed class Anchors : IDisposable
{
    private readonly ProtoPNetNetwork _network;
    private readonly Tensor _features, _images, _classes;

    /// <summary>Ties the prototypes to the patches of the last projection.</summary>
    /// <param name="state">The network and the places of its prototypes.</param>
    /// <param name="patches">Those places.</param>
    /// <param name="evaluation">Has the features of the backbone, which is frozen while prototypes are tied.</param>
    public Anchors(TrainingState state, PlacedPatches patches, Evaluation evaluation)
    {
        _network = state.Network;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Device device = _network.PrototypeVectors.device;
        var features = new Tensor[state.Projected.Count];
        patches.ForEach(evaluation.Whole, map => map, (p, patch) => features[p] = patch.clone().MoveToOuterDisposeScope());
        _features = stack(features).DetachFromDisposeScope();
        _images = Row(state.Projected.Select(p => p.Image), device).DetachFromDisposeScope();
        _classes = Row(_network.Architecture.PrototypeClasses, device).DetachFromDisposeScope();
    }

    /// <summary>
    /// Replaces some of the squared distances of each view to its nearest patch (N × P): for a prototype cut from the same photograph the distance is
    /// 0 and teaches nothing; it becomes the mean over other views of the prototype's class.
    /// </summary>
    public Tensor WithoutOwnPhotographs(Tensor nearest, TrainingBatch batch)
    {
        Tensor source = Row(batch.Images.ToArray(), nearest.device).t().eq(_images);
        Tensor others = batch.Labels.unsqueeze(1).eq(_classes).logical_and(source.logical_not()).to(nearest.dtype);
        Tensor count = others.sum(dim: 0, keepdim: true);
        Tensor mean = ((nearest * others).sum(dim: 0, keepdim: true) / count).detach();
        return where(source.logical_and(count.to(ScalarType.Bool)), mean, nearest);
    }

    /// <summary>Updates the network's prototypes to the current values of their patches.</summary>
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

    /// <summary>The latent patches (P × D × h × w): the add-on layers work cell by cell, so the features of a patch suffice.</summary>
    public Tensor Prototypes() => _network.PatchesOf(_features);

    private static Tensor Row(IEnumerable<int> numbers, Device device) => tensor(numbers.Select(n => (long)n).ToArray(), device: device).unsqueeze(0);
}
