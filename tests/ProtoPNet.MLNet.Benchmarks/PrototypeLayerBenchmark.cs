using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The distances to the nearest patches and their gradients, as a training step computes them, against the bare matrix products of all patches with
/// all prototypes (one forward, two backward): <c>prototype-layer --images 90 --prototypes 2000 --depth 128 --cells 49 --rounds 6</c>.
/// </summary>
internal static class PrototypeLayerBenchmark
{
    public static object Run(Arguments arguments)
    {
        (int images, int prototypes) = (arguments.Int("images", 90), arguments.Int("prototypes", 2000));
        (int depth, int cells) = (arguments.Int("depth", 128), arguments.Int("cells", 49));
        set_num_threads(arguments.Int("threads", get_num_threads()));
        using var random = new Generator(1);
        using Tensor patches = nn.functional.normalize(randn([images, cells, depth], generator: random), dim: 2);
        using Tensor vectors = nn.functional.normalize(randn([prototypes, depth], generator: random), dim: 1);
        using Tensor gradient = randn([images, prototypes], generator: random), mapGradient = randn([images * cells, prototypes], generator: random);
        int repeats = Math.Max(1, 2000 / prototypes);
        Alternating times = Alternating.Measure(arguments.Int("rounds", 6), () => Repeat(Ours), () => Repeat(Products));
        return new
        {
            ours = Math.Round(1000 * times.OurSeconds / repeats, 2),
            baseline = Math.Round(1000 * times.BaselineSeconds / repeats, 2),
            ratio = Math.Round(times.TimeRatio, 3),
            processorRatio = Math.Round(times.ProcessorRatio, 3),
            unit = "ms",
            prototypes,
            threads = get_num_threads(),
            timeRatios = times.TimeRatios,
        };

        void Repeat(Action step)
        {
            for (int i = 0; i < repeats; i++) step();
        }

        void Ours()
        {
            using DisposeScope scope = NewDisposeScope();
            NearestDistances.Of(patches, vectors, null).Gradients(gradient);
        }

        void Products()
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable mode = no_grad();
            Tensor all = patches.reshape(images * cells, depth);
            all.mm(vectors.t());
            mapGradient.mm(vectors);
            mapGradient.t().mm(all);
        }
    }
}
