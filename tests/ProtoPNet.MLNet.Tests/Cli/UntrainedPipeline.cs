using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>A pipeline as the tool writes it, around an untrained network.</summary>
internal static class UntrainedPipeline
{
    /// <param name="path">The file to write, which is returned.</param>
    /// <param name="birds">The data set.</param>
    /// <param name="crop">Whether it crops photographs to their boxes.</param>
    /// <param name="seed">The seed of the weights; the input has 48 pixels if it is even, else 32.</param>
    /// <param name="described">The model to write instead, made of the untrained one.</param>
    /// <param name="after">A step right after the model.</param>
    public static string Save(
        string path, ImageDataset birds, bool crop, ulong seed, Func<TrainedProtoPNet, TrainedProtoPNet>? described = null,
        IEstimator<ITransformer>? after = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Rows(birds, birds.Train);
        ITransformer prepare = ml.Preparation(crop).Fit(rows);
        IDataView prepared = prepare.Transform(rows);
        ClassLabels labels = ClassLabels.Of(prepared.Schema["Label"]);
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.ResNet18,
            Stages = 1,
            ImageSize = seed % 2 == 0 ? 48 : 32,
            PrototypeDepth = 8,
            Classes = labels.Names.Count,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(labels.Names.Count, 2),
        };
        TrainedProtoPNet model = new(
            new(architecture, new DeterministicRandom(seed)), labels.Names, PrototypeCatalogue.Unplaced(architecture, labels.Names));
        using ProtoPNetTransformer network = new(described?.Invoke(model) ?? model, labels, new(), 4);
        List<ITransformer> steps = [prepare, network];
        IDataView scored = network.Transform(prepared);
        if (after is not null) steps.Add(after.Fit(scored));
        steps.Add(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored));
        ml.Model.Save(new TransformerChain<ITransformer>([.. steps]), rows.Schema, path);
        return path;
    }
}
