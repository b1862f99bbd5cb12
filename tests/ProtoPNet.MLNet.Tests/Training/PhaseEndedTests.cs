using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

public class PhaseEndedTests
{
    [Fact]
    public void The_callback_of_a_phase_may_score_with_the_model_and_dispose_of_it()
    {
        using TemporaryFolder folder = new();
        ImageDataset birds = SmallBirds.Write(folder.Path);
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
        var read = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", birds.Folder, "ImagePath"));
        IDataView images = read.Fit(train).Transform(train);
        List<ProtoPNetTransformer> told = [];
        ProtoPNetTrainer.Options options = SmallBirds.Options();
        options.Schedule = options.ScheduleFor(2) with { Phases = [new Joint(1) { BatchSize = 12 }, new Projection(), new LastLayerFit(1e-3)] };
        float[] undisturbed = Scores(ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(images));

        options.PhaseEnded = result =>
        {
            told.Add(result.Model);
            Assert.Equal(undisturbed.Length, Scores(result.Model).Length);
            if (told.Count > 1) result.Model.Dispose();
        };
        Assert.Equal(undisturbed, Scores(ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(images)));
        Assert.Equal(3, told.Count);
        // Training continues with the network, so neither it nor scoring's copy of it may be used after the callback.
        Assert.All(told, model => Assert.Throws<ObjectDisposedException>(() => model.Weight(0, 0)));

        float[] Scores(ProtoPNetTransformer model) => [.. model.Transform(images).GetColumn<float[]>("Score").SelectMany(row => row)];
    }
}
