using System.Text.Json;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Generates the weights and images behind the golden numbers, as the reference side does.</summary>
internal static class GoldenGenerator
{
    private static readonly double[] _mean = [0.485, 0.456, 0.406];
    private static readonly double[] _deviation = [0.229, 0.224, 0.225];

    /// <summary>u(id, i) in [0, 1).</summary>
    public static double Uniform(ulong id, ulong i)
    {
        ulong z = (id << 32) + i + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The architecture of an entry of <c>backbones.json</c> and similar files.</summary>
    public static NetworkArchitecture Architecture(JsonElement golden)
    {
        int[] shape = golden.GetProperty("prototype_shape").Deserialize<int[]>()!;
        int classes = golden.GetProperty("classes").GetInt32();
        bool bottleneck = golden.TryGetProperty("add_on", out JsonElement addOn) && addOn.GetString() == "bottleneck";
        return new()
        {
            Backbone = Backbone.Find(golden.GetProperty("architecture").GetString()!)!,
            AddOnLayers = bottleneck ? AddOnLayers.Bottleneck : AddOnLayers.Regular,
            PrototypeDepth = shape[1],
            PrototypeHeight = shape[2],
            PrototypeWidth = shape[3],
            ImageSize = golden.GetProperty("image_size").GetInt32(),
            Classes = classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes, shape[0] / classes),
        };
    }

    /// <summary>The names of a network's tensors in numbering order, including the published implementation's <c>ones</c>.</summary>
    public static IEnumerable<string> Names(ProtoPNetNetwork network)
        => StateDict.Of(network).Select(pair => pair.Name)
            .SelectMany(name => name == "prototype_vectors" ? [name, "ones"] : new[] { name });

    /// <summary>Fills every tensor from its number; see the README of the golden numbers.</summary>
    public static void Fill(ProtoPNetNetwork network)
    {
        Dictionary<string, Tensor> tensors = StateDict.Of(network).ToDictionary(pair => pair.Name, pair => pair.Tensor);
        using IDisposable noGrad = no_grad();
        ulong id = 0;
        foreach (string name in Names(network))
        {
            ulong number = id++;
            if (name is "ones" or "last_layer.weight") continue;
            (double low, double span) = Range(name, tensors[name].shape);
            float[] values = new float[tensors[name].numel()];
            for (int i = 0; i < values.Length; i++) values[i] = (float)(low + span * Uniform(number, (ulong)i));
            using Tensor filled = tensor(values, tensors[name].shape);
            tensors[name].copy_(filled);
        }
    }

    /// <summary>A filled network in evaluation mode.</summary>
    public static ProtoPNetNetwork Network(JsonElement golden)
    {
        ProtoPNetNetwork network = new(Architecture(golden), initial: null);
        Fill(network);
        network.eval();
        return network;
    }

    /// <summary>Smooth images, normalised for the network: count × 3 × side × side.</summary>
    public static Tensor NormalisedImages(ulong id, int count, int side)
    {
        using Tensor exact = ExactImages(id, count, side);
        return exact.to(ScalarType.Float32);
    }

    /// <summary>The same in double, so that enlarging does not depend on the processor.</summary>
    public static Tensor ExactImages(ulong id, int count, int side)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] grid = new double[count * 3 * 4 * 4];
        for (int i = 0; i < grid.Length; i++) grid[i] = Uniform(id, (ulong)i);
        Tensor images = nn.functional.interpolate(
            tensor(grid, [count, 3, 4, 4]), [side, side], mode: InterpolationMode.Bilinear, align_corners: true);
        return ((images - tensor(_mean).view(1, 3, 1, 1)) / tensor(_deviation).view(1, 3, 1, 1)).MoveToOuterDisposeScope();
    }

    private static (double Low, double Span) Range(string name, long[] shape)
    {
        if (name == "prototype_vectors") return (0, 1);
        if (shape.Length == 4)
        {
            double bound = Math.Sqrt(6.0 / (shape[1] * shape[2] * shape[3]));
            return (-bound, 2 * bound);
        }
        if (name.EndsWith("running_var", StringComparison.Ordinal)) return (0.9, 0.2);
        return name.EndsWith(".weight", StringComparison.Ordinal) ? (0.65, 0.1) : (-0.1, 0.2);
    }
}
