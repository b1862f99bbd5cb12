using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static ProtoPNet.MLNet.Tests.Training.SmallRun;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class FamiliarityMeasurementTests : IDisposable
{
    private readonly TrainingImages _images = Pictures();

    public void Dispose() => _images.Dispose();

    [Fact]
    public void Training_images_are_as_familiar_as_the_prototypes_of_their_class_from_other_images_find_them()
    {
        using ProtoPNetNetwork network = new(Small, new DeterministicRandom(3));
        using TestTraining session = new(network, _images, new() { Phases = [new Projection()] });
        session.Loop.Run(_ => { });
        network.eval();
        session.State.Projected = session.Project(distinct: true);
        IReadOnlyList<float[]> patches = session.Loop.Patches.Look().Features;

        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        var expected = new List<float>();
        foreach (int image in _images.Training)
        {
            float[] pixels = session.Views.Whole([image]).InOrder(0, TestContext.Current.CancellationToken).Select(batch => batch.Inputs.Floats()).Single();
            Tensor features = network.Features.call(tensor(pixels, [1, 3, Side, Side]));
            Tensor distances = network.Distances(network.LatentOf(features));
            float[] cosines = [.. Enumerable.Range(0, Small.Prototypes)
                .Where(p => Small.PrototypeClasses[p] == _images[image].Label && session.State.Projected[p].Image != image)
                .Select(p =>
                {
                    (long row, long column) = Math.DivRem(distances[0, p].argmin().item<long>(), distances.shape[3]);
                    float[] found = features[0, TensorIndex.Colon, row, column].contiguous().data<float>().ToArray();
                    double product = found.Zip(patches[p], (a, b) => (double)a * b).Sum();
                    return (float)(product / Math.Sqrt(found.Sum(a => (double)a * a) * patches[p].Sum(b => (double)b * b)));
                })];
            if (cosines.Length > 0) expected.Add(cosines.Average());
        }
        Assert.Contains(session.State.Projected, placed => _images.Training.Contains(placed.Image));
        float[] sorted = [.. expected.Order()];
        UsualFamiliarity usual = new FamiliarityMeasurement(session.Context, session.State, session.Evaluation).Run(patches)!;
        Assert.Equal(sorted[sorted.Length / 20], usual.Low, 1e-4f);
        Assert.Equal(sorted[sorted.Length / 2], usual.Median, 1e-4f);
        Assert.True(usual.Low < usual.Median);
    }

    [Fact]
    public void Quantiles_are_those_of_the_images()
    {
        Assert.Equal(new UsualFamiliarity(5, 50), UsualFamiliarity.Of(Enumerable.Range(0, 100).Select(n => (float)n).Reverse()));
        Assert.Equal(new UsualFamiliarity(0.5f, 0.5f), UsualFamiliarity.Of([0.5f]));
        Assert.Null(UsualFamiliarity.Of([]));
        Assert.False(new UsualFamiliarity(float.NaN, 1).IsPossible);
        Assert.False(new UsualFamiliarity(0.6f, 0.5f).IsPossible);
    }
}
