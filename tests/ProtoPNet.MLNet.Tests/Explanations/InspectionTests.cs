using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class InspectionTests
{
    [Fact]
    public void Model_whose_prototypes_are_patches_passes_and_only_their_images_are_decoded()
    {
        HashSet<string> decoded = [];
        AnalysedImage[] sources = Models.Images(5);
        using TrainedProtoPNet model = Models.Make(sources: sources);
        IEnumerable<AnalysedImage> training = Models.Images(12).Select(image => image with
        {
            Load = () =>
            {
                decoded.Add(image.Id);
                return image.Load();
            },
        });
        Inspection inspection = Inspection.Run(model, training, Models.Images(20).Skip(15), TestContext.Current.CancellationToken);
        Assert.True(inspection.Passed);
        Assert.Equal(sources.Select(image => image.Id), decoded.Order());
        Assert.Equal(5, inspection.Images);
        Assert.InRange(inspection.LargestSumError, 0, Inspection.SumTolerance);
        Assert.All(inspection.Prototypes, measured => Assert.InRange(measured.Distance!.Value, 0, 1e-9));
    }

    [Fact]
    public void Prototypes_off_the_object_are_found()
    {
        AnalysedImage[] sources = Models.Images(5); // and places at random, on and off the object
        using TrainedProtoPNet model = Models.Make(sources: sources, objectMask: true);
        Inspection inspection = Inspection.Run(model, sources, [], TestContext.Current.CancellationToken);
        bool OnObject(Prototype prototype)
        {
            using var mode = no_grad();
            using Tensor input = tensor(Models.Input(sources.Single(image => image.Id == prototype.Source!.ImageId).Load()), [1, 3, Models.Side, Models.Side]);
            return model.Latent(input).OnObject![0, 0, prototype.Source!.CellRow, prototype.Source.CellColumn].item<bool>();
        }
        int[] off = [.. model.Prototypes.Where(prototype => !OnObject(prototype)).Select(prototype => prototype.Index)];
        Assert.InRange(off.Length, 1, model.Prototypes.Count - 1);
        Assert.Equal(off, inspection.OffObject.Select(measured => measured.Prototype.Index));
        Assert.Empty(inspection.Moved);
        Assert.False(inspection.Passed);
    }

    [Fact]
    public void Moved_and_missing_prototypes_are_found()
    {
        using TrainedProtoPNet model = Models.Make(sources: Models.Images(5));
        using (no_grad())
        {
            using Tensor vector = model.Network.PrototypeVectors[3];
            vector.add_(0.01f);
        }
        Inspection inspection = Inspection.Run(model, Models.Images(5).Skip(1), [], TestContext.Current.CancellationToken);
        Assert.False(inspection.Passed);
        InspectedPrototype moved = Assert.Single(inspection.Moved);
        Assert.Equal(3, moved.Prototype.Index);
        Assert.Equal(8e-4, moved.Distance!.Value, 1e-6);
        Assert.Equal([0, 5], inspection.NotMeasured.Select(measured => measured.Prototype.Index));
    }
}
