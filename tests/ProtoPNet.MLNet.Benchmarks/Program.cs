using System.Text.Json;
using ProtoPNet.MLNet.Benchmarks;
using ProtoPNet.MLNet.Native;

// One benchmark per file and per verb; each returns the last line to print, a JSON object.
var benchmarks = new SortedDictionary<string, Func<Arguments, object>>
{
    ["decode"] = DecodeBenchmark.Run,
    ["explain"] = ExplainBenchmark.Run,
    ["features"] = FeaturesBenchmark.Run,
    ["global-analysis"] = GlobalAnalysisBenchmark.Run,
    ["joint-step"] = JointStepBenchmark.Run,
    ["edit"] = EditBenchmark.Run,
    ["last-layer"] = LastLayerBenchmark.Run,
    ["last-layer-own"] = LastLayerOwnBenchmark.Run,
    ["last-layer-vs-sgd"] = LastLayerVersusSgd.Run,
    ["many-classes"] = ManyClassesBenchmark.Run,
    ["onnx"] = OnnxBenchmark.Run,
    ["preprocessing"] = PreprocessingBenchmark.Run,
    ["projection"] = ProjectionBenchmark.Run,
    ["prototype-layer"] = PrototypeLayerBenchmark.Run,
    ["spill"] = SpillBenchmark.Run,
    ["training-step"] = TrainingStepBenchmark.Run,
    ["weights"] = WeightsBenchmark.Run,
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out Func<Arguments, object>? benchmark))
{
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", benchmarks.Keys)}.");
    Console.Error.WriteLine("For instance: last-layer --images 5994 --prototypes 2000 --classes 200");
    return 1;
}
Libtorch.Require(); // The library finds libtorch; TorchSharp alone does not on every system.
object result = benchmark(new Arguments(args[1..]));
Console.WriteLine(JsonSerializer.Serialize(result, JsonSerializerOptions.Web));
return 0;
