using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Export.Onnx;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Onnx;
using TorchSharp;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// A trained model against its ONNX export, on the test photographs of CUB (cropped if the model's pipeline crops): the same labels, the same
/// accuracy? <c>onnx --model model.zip --data CUB_200_2011</c>; without these a synthetic one on painted birds. Both engines receive the same pixels,
/// batch by batch in turn, on equally many threads; ML.NET's <c>ApplyOnnxModel</c> scores them again, one by one.
/// </summary>
internal static class OnnxBenchmark
{
    public static object Run(Arguments arguments)
    {
        (TrainedProtoPNet model, AnalysedImage[] photographs) = Load(arguments);
        using TrainedProtoPNet owned = model;
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            double first = Alternating.Seconds(() => OnnxExport.Write(model, path)), again = Alternating.Seconds(() => OnnxExport.Write(model, path));
            var scores = new Scores();
            using (var options = new SessionOptions { IntraOpNumThreads = torch.get_num_threads() })
            using (var session = new InferenceSession(path, options)) Compare(model, session, photographs, scores);
            int images = photographs.Length, classes = model.Architecture.Classes;
            int[] labels = [.. photographs.Select(p => p.ClassIndex ?? -1)],
                torchLabels = Labels(scores.Torch, classes), onnxLabels = Labels(scores.Onnx, classes);
            int[] pipelineLabels = Labels(InPipeline(model, path, photographs), classes);
            return new
            {
                exportSeconds = Math.Round(first, 3),
                exportAgainSeconds = Math.Round(again, 3),
                onnxMB = Math.Round(new FileInfo(path).Length / 1e6, 1),
                images,
                accuracyTorch = Accuracy(torchLabels, labels),
                accuracyOnnx = Accuracy(onnxLabels, labels),
                accuracyApplyOnnxModel = Accuracy(pipelineLabels, labels),
                differentLabels = torchLabels.Zip(onnxLabels).Count(pair => pair.First != pair.Second),
                differentLabelsApplyOnnxModel = torchLabels.Zip(pipelineLabels).Count(pair => pair.First != pair.Second),
                largestLogit = scores.Torch.Max(Math.Abs),
                maxLogitDifference = scores.Torch.Zip(scores.Onnx).Max(pair => Math.Abs(pair.First - pair.Second)),
                imagesPerSecondTorch = Math.Round(images / scores.TorchSeconds, 1),
                imagesPerSecondOnnx = Math.Round(images / scores.OnnxSeconds, 1),
                threads = torch.get_num_threads(),
            };
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (TrainedProtoPNet Model, AnalysedImage[] Photographs) Load(Arguments arguments)
    {
        if (arguments.Text("model", "") is not { Length: > 0 } file)
        {
            AnalysedImage[] painted = MadeModel.Photographs(arguments.Int("images", 64), 8);
            return (MadeModel.Of(80, 8, painted), painted);
        }
        ITransformer[] parts = [.. Parts(new MLContext(seed: 1).Model.Load(file, out _))];
        TrainedProtoPNet model = parts.OfType<ProtoPNetTransformer>().Single().Borrow().Model;
        bool crops = parts.Any(part => part is ImageCroppingTransformer or PhotographLoadingTransformer { Crops: true });
        ImageDataset cub = CubDataset.Load(arguments.Text("data", "../shared/data/CUB_200_2011_ten"));
        return (model, [.. cub.Test.Select(record => AnalysedImage.FromFile(
            record.ImagePath, model.ClassNames.Index().First(name => name.Item == record.Label).Index, cub.PathOf(record),
            crops ? record.BoundingBox : null))]);
    }

    private static IEnumerable<ITransformer> Parts(ITransformer transformer)
        => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];

    private static void Compare(TrainedProtoPNet model, InferenceSession session, AnalysedImage[] photographs, Scores scores)
    {
        bool warm = false;
        InputBatches.ForEach(model, photographs, (batch, images) =>
        {
            float[] pixels = [.. images.data<float>()];
            int size = model.Architecture.ImageSize;
            NamedOnnxValue[] input = [NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(pixels, [batch.Length, 3, size, size]))];
            if (!warm) _ = (model.Score(pixels, batch.Length), Logits(session, input)); // both engines plan on their first call
            warm = true;
            long start = Stopwatch.GetTimestamp();
            scores.Torch.AddRange(model.Score(pixels, batch.Length).Logits);
            long between = Stopwatch.GetTimestamp();
            scores.Onnx.AddRange(Logits(session, input));
            scores.TorchSeconds += Stopwatch.GetElapsedTime(start, between).TotalSeconds;
            scores.OnnxSeconds += Stopwatch.GetElapsedTime(between).TotalSeconds;
        }, CancellationToken.None);
    }

    private static float[] Logits(InferenceSession session, NamedOnnxValue[] input)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(input, ["logits"]);
        return [.. results[0].AsEnumerable<float>()];
    }

    private static List<float> InPipeline(TrainedProtoPNet model, string path, AnalysedImage[] photographs)
    {
        var ml = new MLContext();
        int size = model.Architecture.ImageSize;
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Input));
        schema["image"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 1, 3, size, size);
        IDataView rows = ml.Data.LoadFromEnumerable(photographs.Select(p => new Input { Pixels = InputBatches.Render(p.Load(), model.Architecture) }), schema);
        IDataView scored = ml.Transforms.ApplyOnnxModel(["logits"], ["image"], path).Fit(rows).Transform(rows);
        return [.. scored.GetColumn<float[]>("logits").SelectMany(logits => logits)];
    }

    private static int[] Labels(List<float> logits, int classes) => [.. logits.Chunk(classes).Select(row => Array.IndexOf(row, row.Max()))];

    private static double Accuracy(int[] predicted, int[] labels)
        => predicted.Zip(labels).Count(pair => pair.First == pair.Second) / (double)labels.Length;

    private sealed class Scores
    {
        public List<float> Torch { get; } = [];

        public List<float> Onnx { get; } = [];

        public double TorchSeconds { get; set; }

        public double OnnxSeconds { get; set; }
    }

    private sealed class Input
    {
        [ColumnName("image")]
        public float[] Pixels { get; set; } = [];
    }
}
