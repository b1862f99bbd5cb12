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
