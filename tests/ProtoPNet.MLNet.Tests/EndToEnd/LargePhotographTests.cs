using Microsoft.ML;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Explanations;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

public sealed class LargePhotographTests
{
    private sealed record Row(byte[] Image, string Label, string ImagePath);

    [Fact]
    public void Prototypes_of_photographs_that_training_keeps_reduced_are_their_patches_for_inspection_too()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. Enumerable.Range(0, 4).Select(i
            => new Row(ImageCodec.EncodePng(Models.Picture((ulong)i, 1300, 1100)), i % 2 == 0 ? "a" : "b", $"{i}.png"))];
        ProtoPNetTrainer.Options options = Training.SmallBirds.Options();
        options.Schedule = options.ScheduleFor(2) with { Phases = [new Projection(), new LastLayerFit(1e-3)] };
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using ProtoPNetTransformer model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.ProtoPNet(options)).Fit(data).LastTransformer;

        AnalysedImage[] images = [.. rows.Select(row => new AnalysedImage(row.ImagePath, null, () => ImageCodec.Decode(row.Image)))];
        Inspection inspection = model.Inspect(images, images, TestContext.Current.CancellationToken);
        Assert.Empty(inspection.NotMeasured);
        Assert.All(inspection.Prototypes, prototype => Assert.InRange(prototype.Distance!.Value, 0, 1e-9));
    }
}
