using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>
/// Runs stages of a backbone in ONNX Runtime, on the CPU, where that is faster than libtorch. It must give libtorch's features: on the first image
/// of each stretch of stages both are compared, and where they differ, libtorch goes on alone.
/// </summary>
/// <param name="graph">A backbone in evaluation mode.</param>
/// <param name="weights">Its tensors by name, float32; they must live as long as the engine.</param>
/// <param name="libtorch">The same stages in libtorch: input, first and last stage.</param>
/// <param name="note">Receives why ONNX Runtime is not used for a stretch.</param>
internal sealed class OnnxEngine(
    BackboneGraph graph, IReadOnlyDictionary<string, Tensor> weights, Func<Tensor, int, int, Tensor> libtorch, Action<string> note) : IDisposable
{
    /// <summary>The number of images that run together: ONNX Runtime keeps the memory of the largest run, and more images are hardly faster.</summary>
    private const int AtOnce = 4;

    /// <summary>The largest difference from libtorch's features, relative to the largest of them.</summary>
    private const double Tolerance = 1e-3;

    private readonly ConcurrentDictionary<(int From, int To), Lazy<OnnxStretch?>> _stretches = [];

    /// <summary>The version of ONNX Runtime.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Why ONNX Runtime cannot run these tensors; null if it can.</summary>
    public static string? Obstacle(IReadOnlyDictionary<string, Tensor> weights)
    {
        if (OnnxStretch.Missing() is { } missing) return missing;
        if (weights.Values.Sum(w => w.numel() * sizeof(float)) > OnnxStretch.LargestModel) return "the backbone is larger than 2 GB";
        // Its ReLU makes numbers of NaN, which would hide a broken model.
        return weights.Values.All(IsFinite) ? null : "some weights are not finite";
    }

    /// <summary>Stages <paramref name="from"/> + 1 to <paramref name="to"/>; null if they are for libtorch to compute.</summary>
    public Tensor? Run(Tensor input, int from, int to)
    {
        if (from == to || input.shape[0] == 0 || input.dtype != ScalarType.Float32) return null;
        using DisposeScope scope = NewDisposeScope();
        Tensor images = input.contiguous();
        // Not by libtorch: its threads would go on spinning for a while, beside those of ONNX Runtime.
        if (!float.IsFinite(System.Numerics.Tensors.TensorPrimitives.Sum<float>(MemoryMarshal.Cast<byte, float>(images.bytes)))) return null;
        OnnxStretch? stretch = _stretches.GetOrAdd((from, to), _ => new(() => Compared(images.narrow(0, 0, 1), from, to))).Value;
        if (stretch is null) return null;
        List<Tensor> parts = [];
        for (long start = 0; start < images.shape[0]; start += AtOnce)
            parts.Add(stretch.Run(images.narrow(0, start, Math.Min(AtOnce, images.shape[0] - start))));
        return (parts.Count == 1 ? parts[0] : cat(parts)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (Lazy<OnnxStretch?> stretch in _stretches.Values) stretch.Value?.Dispose();
    }

    private OnnxStretch? Compared(Tensor image, int from, int to)
    {
        OnnxStretch? stretch = null;
        string reason;
        try
        {
            stretch = new(graph, weights, from, to);
            Tensor expected = libtorch(image, from, to), got = stretch.Run(image);
            double scale = expected.abs().max().item<float>(), difference = (got - expected).abs().max().item<float>();
            if (double.IsFinite(scale) && difference <= Tolerance * scale) return stretch;
            reason = $"its features differ from libtorch's by {difference:G3} of {scale:G3}";
        }
        catch (OnnxRuntimeException e)
        {
            reason = e.Message;
        }
        stretch?.Dispose();
        note($"Stages {from + 1} to {to} of {graph.Name} are computed by libtorch, not by ONNX Runtime: {reason}.");
        return null;
    }

    private static bool IsFinite(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return float.IsFinite(tensor.sum().item<float>()) || tensor.isfinite().all().item<bool>(); // a sum may overflow
    }
}
