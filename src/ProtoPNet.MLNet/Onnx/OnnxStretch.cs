using Microsoft.ML.OnnxRuntime;
using ProtoPNet.MLNet.Network.Backbones;
using TorchSharp;
using static TorchSharp.torch;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>Some stages of a backbone as a session of ONNX Runtime, with a copy of their weights and as many threads as libtorch has.</summary>
internal sealed class OnnxStretch : IDisposable
{
    /// <summary>The limit of protobuf, less what is not weights.</summary>
    public const long LargestModel = 1_900_000_000;

    private const string In = "in", Out = "out";

    private readonly InferenceSession _session;

    public OnnxStretch(BackboneGraph graph, IReadOnlyDictionary<string, Tensor> weights, int from, int to)
    {
        using DisposeScope scope = NewDisposeScope();
        string first = from == 0 ? graph.Input : graph.Stages[from - 1];
        IReadOnlyDictionary<string, long[]> shapes = graph.Shapes(graph.ImageSize);
        var written = new OnnxGraph();
        string output = OnnxBackbone.Write(written, graph.Nodes.Take(graph.EndOf(from)..graph.EndOf(to)), weights, (first, In));
        written.Apply("Identity", [output], Out);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = get_num_threads(),
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Idle threads would take processors from libtorch's.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(OnnxFile.InMemory(written, Free(In, shapes[first]), Free(Out, shapes[graph.Stages[to - 1]])), options);
    }

    /// <summary>Why there is no ONNX Runtime in this process; null if there is.</summary>
    public static string? Missing()
    {
        try
        {
            _ = OrtEnv.Instance();
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return "its native library is missing (package Microsoft.ML.OnnxRuntime)";
        }
    }

    /// <summary>The last stage's output of a contiguous input, as a new tensor.</summary>
    public Tensor Run(Tensor input)
    {
        using OrtValue value = ValueOf(input);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, [In], [value], [Out]);
        Tensor output = empty(results[0].GetTensorTypeAndShape().Shape);
        results[0].GetTensorDataAsSpan<byte>().CopyTo(output.bytes);
        return output;
    }

    public void Dispose() => _session.Dispose();

    /// <summary>The same memory, which the tensor owns.</summary>
    private static unsafe OrtValue ValueOf(Tensor contiguous)
    {
        fixed (byte* memory = contiguous.bytes)
            return OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, TensorElementType.Float, contiguous.shape, (nint)memory, contiguous.numel() * sizeof(float));
    }

    private static OnnxFile.Value Free(string name, long[] shape) => new(name, [.. Enumerable.Range(0, shape.Length).Select(i => $"{name}{i}")]);
}
