using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Training on more photographs than fit into the cache, against the same training without a limit: peak memory and test accuracy.
/// <c>spill --images 5000 --pixels 128 --limit 200</c> paints that many birds (plus a tenth for testing), <c>--weights FILE</c> gives the
/// backbone's initial weights, <c>--warm 3 --joint 1</c> the epochs, <c>--features 256</c> the memory for kept features in MB.
/// The limited run comes first, so that the peak of the process is its own.
/// </summary>
internal static class SpillBenchmark
{
    private const int Species = 8;

    public static object Run(Arguments arguments)
    {
        string folder = Directory.CreateTempSubdirectory("protopnet-spill-").FullName;
        try
        {
            int perSpecies = Math.Max(2, arguments.Int("images", 5000) / Species),
                pixels = arguments.Int("pixels", 128), limit = arguments.Int("limit", 200);
            ImageDataset birds = ProceduralBirds.Write(Path.Combine(folder, "birds"), new BirdOptions
            {
                Species = Species,
                TrainPerSpecies = perSpecies,
                TestPerSpecies = Math.Max(2, perSpecies / 10),
                Size = pixels,
                Seed = 1,
            });
            Console.WriteLine($"{birds}; {birds.Train.Count * 3.0 * pixels * pixels / (1 << 20):F0} MB of pixels, {Memory.PeakMB()} MB taken so far");
            MulticlassClassificationMetrics limited = Train(birds, arguments, limit);
            double peak = Memory.PeakMB();
            Console.WriteLine($"limit of {limit} MB: accuracy {limited.MicroAccuracy:P2}, log-loss {limited.LogLoss}, peak {peak} MB");
            MulticlassClassificationMetrics free = Train(birds, arguments, 1 << 20);
            double freePeak = Memory.PeakMB();
            Console.WriteLine($"no limit: accuracy {free.MicroAccuracy:P2}, log-loss {free.LogLoss}, peak {freePeak} MB");
            return new
            {
                ours = peak,
                baseline = freePeak,
                ratio = Math.Round(peak / freePeak, 3),
                peakMemoryMB = peak,
                accuracy = Math.Round(limited.MicroAccuracy, 4),
                accuracyWithoutLimit = Math.Round(free.MicroAccuracy, 4),
                sameLogLoss = limited.LogLoss == free.LogLoss,
                images = birds.Train.Count,
                limitMB = limit,
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static MulticlassClassificationMetrics Train(ImageDataset birds, Arguments arguments, int cacheLimit)
    {
        var ml = new MLContext(seed: 1);
        string weights = arguments.Text("weights", "");
        var options = new ProtoPNetTrainer.Options
        {
            Backbone = Backbone.ResNet18,
            Stages = 3,
            ImageSize = arguments.Int("pixels", 128),
            PrototypesPerClass = 5,
            Weights = weights.Length > 0 ? PretrainedWeights.File(weights) : PretrainedWeights.None,
            CacheLimitMB = cacheLimit,
            FeatureCacheMB = arguments.Int("features", 256),
            Seed = 1,
            Schedule = TrainingSchedule.Default with
            {
                BatchNorm = weights.Length > 0 ? BatchNormMode.Frozen : BatchNormMode.Follow,
                Phases =
                [
                    new WarmUp(arguments.Int("warm", 3)) { BatchSize = 90 },
                    new Joint(arguments.Int("joint", 1)) { BatchSize = 30, AddOnRate = 1e-3, PrototypeRate = 1e-3 },
                    new Projection(),
                    new LastLayerFit(3e-3),
                ],
            },
        };
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"))
            .Append(ml.MulticlassClassification.Trainers.ProtoPNet(options));
        using var model = pipeline.Fit(train);
        return ml.MulticlassClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(birds.Test)));
    }
}
