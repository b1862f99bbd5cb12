using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// The concentration cost of an image: the mean, over its patches and the prototypes of its class, of their similarity. A prototype that fires at
/// one place costs less than one that fires all over the object.
/// </summary>
internal sealed class ConcentrationCost : IDisposable
{
    private readonly NetworkArchitecture _network;
    private readonly Tensor _own, _share;

    /// <param name="network">The network; classes may have different numbers of prototypes.</param>
    /// <param name="device">The device of the batches.</param>
    public ConcentrationCost(NetworkArchitecture network, Device device)
    {
        _network = network;
        int[][] own = [.. Enumerable.Range(0, network.Classes).Select(k
            => Enumerable.Range(0, network.Prototypes).Where(j => network.PrototypeClasses[j] == k).ToArray())];
        int most = own.Max(prototypes => prototypes.Length);
        // Missing prototypes are filled up with prototype 0, with no share in the mean.
        IEnumerable<long> indices = own.SelectMany(prototypes => Enumerable.Range(0, most).Select(i => i < prototypes.Length ? (long)prototypes[i] : 0));
        IEnumerable<float> shares = own.SelectMany(prototypes => Enumerable.Range(0, most).Select(i => i < prototypes.Length ? 1f / prototypes.Length : 0));
        using DisposeScope scope = NewDisposeScope();
        _own = tensor(indices.ToArray(), device: device).reshape(network.Classes, most).DetachFromDisposeScope();
        _share = tensor(shares.ToArray(), device: device).reshape(network.Classes, most).DetachFromDisposeScope();
    }

    /// <summary>The cost of each image (N), never negative for the logarithmic similarity.</summary>
    /// <param name="latent">The latent map of N images.</param>
    /// <param name="prototypes">The prototypes: P × D × h × w.</param>
    /// <param name="labels">The N class indices.</param>
    public Tensor Of(LatentMap latent, Tensor prototypes, Tensor labels)
    {
        double centre = PrototypeLayer.Centre(_network.LatentSpace);
        Tensor patches = Patches.Rows(latent.Values, _network).Plus(-centre);                                                      // N × H'W' × Dhw
        Tensor own = prototypes.flatten(1).index_select(0, _own.index_select(0, labels).flatten())
            .reshape(labels.shape[0], _own.shape[1], -1).Plus(-centre);                                                           // N × m × Dhw
        Tensor distances = own.bmm(patches.transpose(1, 2)).Times(-2)
            .Plus(own.Squared().sum(2, keepdim: true)).Plus(patches.Squared().sum(2).unsqueeze(1)).relu();                        // N × m × H'W'
        if (latent.OnObject is { } mask) distances = distances.Filled(mask.flatten(2).logical_not(), _network.LargestDistance);
        return (PrototypeLayer.Similarity(distances, _network.Similarity, _network.Epsilon).mean([2]) * _share.index_select(0, labels)).sum(1);
    }

    public void Dispose()
    {
        _own.Dispose();
        _share.Dispose();
    }
}
