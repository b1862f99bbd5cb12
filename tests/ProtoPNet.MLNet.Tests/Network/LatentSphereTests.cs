using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Training;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class LatentSphereTests : IDisposable
{
    private static readonly NetworkArchitecture Sphere = new()
    {
        Backbone = Backbone.ResNet18,
        Stages = 1,
        LatentSpace = LatentSpace.Sphere,
        PrototypeDepth = 6,
        ImageSize = 32,
        Classes = 2,
        PrototypeClasses = [0, 0, 1],
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Squared_distances_are_two_minus_twice_the_cosine()
    {
        ProtoPNetNetwork network = new(Sphere, new DeterministicRandom(1));
        network.eval();
        LatentMap map = network.Latent(Images(3));
        Tensor latent = map.Values;
        Arrays.AssertClose(ones(3, 8, 8).Floats(), latent.square().sum(1).Floats(), 1e-5);
        Tensor cosine = nn.functional.cosine_similarity(latent.unsqueeze(1), network.PrototypeVectors.unsqueeze(0), dim: 2);
        Arrays.AssertClose((2 - 2 * cosine).Floats(), network.Distances(map).Floats(), 1e-5);
        // Both signs occur: the sphere is not restricted to its positive part.
        Assert.True(latent.min().item<float>() < 0 && latent.max().item<float>() > 0);
    }

    [Fact]
    public void A_step_moves_prototypes_along_the_sphere()
    {
        ProtoPNetNetwork network = new(Sphere, new DeterministicRandom(1));
        float[] before = network.PrototypeVectors.Floats();
        network.Train(follow: false);
        using var loss = new ProtoPNetLoss(new LossWeights(), Sphere.PrototypeClasses, Sphere.Classes, Sphere.PrototypeDepth, CPU);
        var batch = new TrainingBatch(Images(4), tensor(new long[] { 0, 1, 0, 1 }), new int[] { 0, 1, 2, 3 });
        TestTraining.Step(network, batch, loss, new MLNet.Training.Adam(network.parameters()).With((1e-2, 0)));
        Assert.NotEqual(before, network.PrototypeVectors.Floats());
        Arrays.AssertClose([1, 1, 1], network.PrototypeVectors.square().sum([1, 2, 3]).Floats(), 1e-5);
    }

    [Fact]
    public void A_vector_without_direction_is_no_NaN()
    {
        using UnitLengthLayer layer = new();
        Tensor nothing = zeros(1, 6, 2, 2, requires_grad: true);
        Tensor scaled = layer.call(nothing);
        scaled.sum().backward();
        Assert.All(scaled.Floats(), value => Assert.Equal(0, value));
        Assert.All(nothing.grad!.Floats(), value => Assert.True(float.IsFinite(value)));
    }

    private static Tensor Images(int count) => randn([count, 3, 32, 32], generator: new Generator(5));
}
