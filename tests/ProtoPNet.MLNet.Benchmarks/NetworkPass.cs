using System.Diagnostics;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>The speed of the plain network on prepared tensors, as run by the paper's code in each pass of its last layer.</summary>
internal static class NetworkPass
{
    private const int Batch = 30;

    /// <summary>
    /// Images per second of a forward pass without gradients, the median of <c>--pass-batches</c> (5) batches after one that is not counted;
    /// <c>--backbone</c>, <c>--stages</c> (3; 0: all) and <c>--size</c> (224) choose the network.
    /// </summary>
    public static double ImagesPerSecond(Arguments arguments, int classes, IReadOnlyList<int> prototypeClasses)
    {
        int stages = arguments.Int("stages", 3), size = arguments.Int("size", 224);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.Find(arguments.Text("backbone", nameof(Backbone.ResNet18)))!,
            Stages = stages == 0 ? null : stages,
            ImageSize = size,
            Classes = classes,
            PrototypeClasses = prototypeClasses,
        };
        using var network = new ProtoPNetNetwork(architecture, new DeterministicRandom(1));
        network.eval();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        Tensor images = rand([Batch, 3, size, size], generator: new Generator(1));
        double[] seconds = [.. Enumerable.Range(0, 1 + arguments.Int("pass-batches", 5)).Select(_ => Seconds())];
        return Batch / seconds[1..].Order().ElementAt((seconds.Length - 1) / 2);

        double Seconds()
        {
            var clock = Stopwatch.StartNew();
            using (NewDisposeScope()) network.Forward(images);
            return clock.Elapsed.TotalSeconds;
        }
    }
}
