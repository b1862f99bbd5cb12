using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

/// <summary>Distances to nearest patches without the map of all distances, against the map.</summary>
public sealed class NearestDistancesTests
{
    private const int Images = 23, Prototypes = 37, Depth = 6;

    public static TheoryData<LatentSpace, int, bool> Cases => new()
    {
        { LatentSpace.Sphere, 1, false }, { LatentSpace.Sphere, 1, true }, { LatentSpace.Cube, 1, false }, { LatentSpace.Cube, 1, true },
        { LatentSpace.Sphere, 2, true }, { LatentSpace.Cube, 2, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_and_gradients_are_those_of_the_whole_map(LatentSpace space, int side, bool masked)
    {
        using DisposeScope scope = NewDisposeScope();
        NetworkArchitecture architecture = Architecture(space, side);
        var random = new Generator(5);
        Tensor latent = rand([Images, Depth, 5, 4], ScalarType.Float64, generator: random);
        Tensor prototypes = rand([Prototypes, Depth, side, side], ScalarType.Float64, generator: random);
        Tensor? mask = masked ? Mask(random, 6 - side, 5 - side) : null;
        Tensor weights = randn([Images, Prototypes], ScalarType.Float64, generator: random);

        Tensor z = latent.clone().requires_grad_(), p = prototypes.clone().requires_grad_();
        Tensor all = new LatentMap(z, mask).Outside(PrototypeLayer.Distances(z, p, space), architecture.LargestDistance);
        Tensor expected = PrototypeLayer.Nearest(all);
        (expected * weights).sum().backward();

        Tensor free = latent.clone().requires_grad_();
        Tensor patches = Patches.Rows(free, architecture);
        double centre = PrototypeLayer.Centre(space);
        NearestDistances found = NearestDistances.Of(patches - centre, prototypes.flatten(1) - centre, mask?.flatten(1));
        (Tensor ofPatches, Tensor ofPrototypes) = found.Gradients(weights);
        patches.backward([ofPatches]);

        Close(expected, found.Values);
        Close(expected, NearestDistances.ValuesOf((patches - centre).detach(), prototypes.flatten(1) - centre, mask?.flatten(1)));
        Close(z.grad!, free.grad!);
        Close(p.grad!, ofPrototypes.reshape(prototypes.shape));
    }

    [Fact]
    public void Blocks_of_images_give_what_one_image_gives()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Generator(6);
        // Two images fill a block of distances, four a block of gathered patches.
        Tensor patches = randn([7, 50, 32], ScalarType.Float64, generator: random);
        Tensor prototypes = randn([30000, 32], ScalarType.Float64, generator: random);
        Tensor weights = randn([7, 30000], ScalarType.Float64, generator: random);
        NearestDistances whole = NearestDistances.Of(patches, prototypes, null);
        (Tensor ofPatches, Tensor ofPrototypes) = whole.Gradients(weights);
        Tensor sum = zeros_like(prototypes);
        for (int n = 0; n < 7; n++)
        {
            NearestDistances one = NearestDistances.Of(patches.narrow(0, n, 1), prototypes, null);
            Close(whole.Values.narrow(0, n, 1), one.Values);
            (Tensor ofOne, Tensor ofThem) = one.Gradients(weights.narrow(0, n, 1));
            Close(ofPatches.narrow(0, n, 1), ofOne);
            sum = sum + ofThem;
        }
        Close(sum, ofPrototypes);
    }

    [Fact]
    public void Equal_patches_have_distance_0_and_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor patches = nn.functional.normalize(randn([4, 9, 16], generator: new Generator(7)), dim: 2);
        NearestDistances found = NearestDistances.Of(patches, patches[2], null);
        Assert.True(found.Values.ge(0).all().item<bool>());
        Assert.All(found.Values[2].data<float>().ToArray(), d => Assert.InRange(d, 0, 1e-6f));
        (Tensor ofPatches, _) = found.Gradients(ones(4, 9));
        Assert.All(ofPatches[2].data<float>().ToArray(), g => Assert.InRange(g, -1e-6f, 1e-6f));
    }

    private static Tensor Mask(Generator random, int rows, int columns)
    {
        Tensor mask = rand([Images, 1, rows, columns], generator: random).gt(0.5);
        mask[TensorIndex.Colon, 0, 0, 0] = tensor(true); // at least one patch of each image
        return mask;
    }

    private static void Close(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<double>(), 0, 1e-11);
    }

    private static NetworkArchitecture Architecture(LatentSpace space, int side) => new()
    {
        Backbone = Backbone.ResNet18,
        LatentSpace = space,
        PrototypeDepth = Depth,
        PrototypeHeight = side,
        PrototypeWidth = side,
        Classes = Prototypes,
        PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(Prototypes, 1),
    };
}
