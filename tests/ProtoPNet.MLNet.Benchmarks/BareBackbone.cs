using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Only the backbone of a network, with the same stages and frozen batch norms: forward, backward from the mean
/// square of its features, Adam. Its input is a tensor prepared beforehand.
/// </summary>
internal sealed class BareBackbone : IDisposable
{
    private readonly ProtoPNetNetwork _network;
    private readonly Adam _adam;
    private readonly Tensor _images;

    public BareBackbone(NetworkArchitecture architecture, int batchSize)
    {
        // A separate network, because its weights change.
        _network = new(architecture, new DeterministicRandom(2));
        _network.Train(follow: false);
        _adam = optim.Adam(_network.Features.parameters(), 1e-4, weight_decay: 1e-3);
        _images = randn([batchSize, 3, architecture.ImageSize, architecture.ImageSize], generator: new Generator(3));
    }

    private BackboneNetwork Backbone => _network.Features;

    public void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        _adam.zero_grad();
        Backbone.call(_images).square().mean().backward();
        _adam.step();
    }

    public void Dispose()
    {
        _images.Dispose();
        _adam.Dispose();
        _network.Dispose();
    }
}
