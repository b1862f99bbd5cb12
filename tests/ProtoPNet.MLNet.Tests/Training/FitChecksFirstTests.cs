using Microsoft.ML;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Everything that can fail early fails before photographs are read.</summary>
public sealed class FitChecksFirstTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Missing_weights_end_it_before_a_photograph_is_read()
    {
        var e = Assert.Throws<FileNotFoundException>(() => Fit(new() { Weights = PretrainedWeights.File(_folder.In("nowhere.pth")) }));
        Assert.Contains("nowhere.pth", e.Message);
    }

    [Fact]
    public void Damaged_weights_end_it_before_a_photograph_is_read()
        => Assert.Throws<WeightsFormatException>(
            () => Fit(new() { Weights = PretrainedWeights.File(_folder.Write("bad.safetensors", "no weights at all")) }));

    [Fact]
    public void Weights_of_another_backbone_end_it_before_a_photograph_is_read()
    {
        using ProtoPNetNetwork other = new(
            new() { Backbone = Backbone.Vgg11, Stages = 1, ImageSize = 32, Classes = 2, PrototypeDepth = 8, PrototypeClasses = [0, 1] }, null);
        string file = _folder.In("vgg.safetensors");
        Safetensors.Write(file, StateDict.Of(other.Features).Select(pair => (pair.Name, pair.Tensor.detach())));
        Assert.Throws<StateDictMismatchException>(() => Fit(new() { Weights = PretrainedWeights.File(file) }));
    }

    [Fact]
    public void A_missing_device_ends_it_before_a_photograph_is_read()
        => Assert.Contains("cuda:99", Assert.ThrowsAny<Exception>(() => Fit(new() { Device = "cuda:99" })).Message);

    public void Dispose() => _folder.Dispose();

    private static void Fit(ProtoPNetTrainer.Options options)
    {
        (options.Backbone, options.Stages, options.ImageSize) = (Backbone.ResNet18, 1, 32);
        var ml = new MLContext(seed: 1);
        int read = 0;
        IDataView rows = ml.Data.LoadFromEnumerable(Rows());
        IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
        read = 0;
        try
        {
            ml.MulticlassClassification.Trainers.ProtoPNet(options).Fit(keyed);
        }
        finally
        {
            Assert.Equal(0, read);
        }

        IEnumerable<SmallModel.Photo> Rows()
        {
            foreach (SmallModel.Photo photo in SmallModel.Photos(6))
            {
                read++;
                yield return photo;
            }
        }
    }
}
