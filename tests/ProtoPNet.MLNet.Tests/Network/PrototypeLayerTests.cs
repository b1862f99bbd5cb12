using CsCheck;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class PrototypeLayerTests
{
    private static readonly Gen<(int N, int D, int H, int W, int P, int Rows, int Columns, uint Seed)> _shapes =
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 5], Gen.Int[3, 6], Gen.Int[3, 6], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 3], Gen.UInt);

    [Fact]
    public void Distances_are_those_of_every_patch_to_every_prototype()
        => _shapes.Sample(shape =>
        {
            using DisposeScope scope = NewDisposeScope();
            float[] latent = Uniform(shape.Seed, shape.N * shape.D * shape.H * shape.W);
            float[] prototypes = Uniform(shape.Seed ^ 1, shape.P * shape.D * shape.Rows * shape.Columns);
            Tensor distances = PrototypeLayer.Distances(
                tensor(latent, [shape.N, shape.D, shape.H, shape.W]), tensor(prototypes, [shape.P, shape.D, shape.Rows, shape.Columns]),
                LatentSpace.Cube);
            Assert.Equal([shape.N, shape.P, shape.H - shape.Rows + 1, shape.W - shape.Columns + 1], distances.shape);
            Arrays.AssertClose(Naive(latent, prototypes, shape), distances.Floats(), 1e-4);
        }, iter: 60, threads: 1);

    [Fact]
    public void Nearest_and_similarity_agree_whichever_comes_first()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor distances = tensor(Uniform(7, 2 * 3 * 4 * 5), [2, 3, 4, 5]);
        foreach (SimilarityFunction function in Enum.GetValues<SimilarityFunction>())
        {
            Tensor late = PrototypeLayer.Similarity(PrototypeLayer.Nearest(distances), function, PrototypeLayer.PublishedEpsilon);
            Tensor early = PrototypeLayer.Similarity(distances, function, PrototypeLayer.PublishedEpsilon).flatten(2).amax(2);
            Arrays.AssertClose(early.Floats(), late.Floats(), 1e-6);
        }
    }

    [Fact]
    public void Similarity_is_the_papers()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor distances = tensor([0f, 1f, 24f]);
        Arrays.AssertClose([9.21034f, 0.693047f, 0.0408178f], PrototypeLayer.Similarity(distances, SimilarityFunction.Log, 1e-4).Floats(), 1e-5);
        Assert.Equal([0f, -1f, -24f], PrototypeLayer.Similarity(distances, SimilarityFunction.Linear, 1e-4).Floats());
    }

    [Fact]
    public void Small_distances_in_the_middle_of_the_cube_lose_nothing_to_rounding()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor latent = tensor(Uniform(4, 128 * 5 * 5), [1, 128, 5, 5]) * 0.01f + 0.5f;
        Tensor prototypes = tensor(Uniform(5, 30 * 128), [30, 128, 1, 1]) * 0.01f + 0.5f;
        Tensor exact = (latent.to_type(ScalarType.Float64).unsqueeze(1) - prototypes.to_type(ScalarType.Float64).unsqueeze(0)).square().sum(2);
        Tensor error = (PrototypeLayer.Distances(latent, prototypes, LatentSpace.Cube) - exact).abs().max();
        Assert.InRange(exact.mean().item<double>(), 0.001, 0.01);
        Assert.InRange(error.item<double>(), 0, 1e-7);
    }

    [Fact]
    public void Distances_of_equal_patches_are_never_negative()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor latent = tensor(Uniform(3, 128 * 7 * 7), [1, 128, 7, 7]);
        Tensor patches = latent.permute(0, 2, 3, 1).reshape(49, 128, 1, 1);
        Tensor distances = PrototypeLayer.Distances(latent, patches, LatentSpace.Cube);
        Assert.True(distances.min().item<float>() >= 0);
        Assert.True(PrototypeLayer.Nearest(distances).max().item<float>() < 1e-4);
    }

    [Fact]
    public void Gradient_flows_to_the_nearest_patch_and_the_prototype()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor latent = tensor(Uniform(4, 2 * 3 * 3), [1, 2, 3, 3]).requires_grad_();
        Tensor prototypes = tensor(Uniform(5, 2), [1, 2, 1, 1]).requires_grad_();
        Tensor distances = PrototypeLayer.Distances(latent, prototypes, LatentSpace.Cube);
        PrototypeLayer.Nearest(distances).sum().backward();

        // d/dp ‖z − p‖² = 2 (p − z) at the nearest patch, 0 elsewhere.
        long nearest = distances.flatten().argmin().item<long>();
        Tensor expected = 2 * (prototypes.view(2) - latent.view(2, 9).select(1, nearest));
        Arrays.AssertClose(expected.Floats(), prototypes.grad!.Floats(), 1e-5);
        Tensor moved = latent.grad!.view(2, 9);
        Arrays.AssertClose((-expected).Floats(), moved.select(1, nearest).Floats(), 1e-5);
        Assert.Equal(1, moved.abs().sum([0]).count_nonzero().item<long>());
    }

    private static float[] Uniform(uint seed, int count)
        => [.. Enumerable.Range(0, count).Select(i => (float)GoldenGenerator.Uniform(seed, (ulong)i))];

    private static float[] Naive(float[] latent, float[] prototypes, (int N, int D, int H, int W, int P, int Rows, int Columns, uint Seed) s)
    {
        List<float> distances = [];
        for (int n = 0; n < s.N; n++)
            for (int p = 0; p < s.P; p++)
                for (int y = 0; y + s.Rows <= s.H; y++)
                    for (int x = 0; x + s.Columns <= s.W; x++)
                    {
                        double sum = 0;
                        for (int d = 0; d < s.D; d++)
                            for (int r = 0; r < s.Rows; r++)
                                for (int c = 0; c < s.Columns; c++)
                                {
                                    float z = latent[((n * s.D + d) * s.H + y + r) * s.W + x + c];
                                    sum += Math.Pow(z - prototypes[((p * s.D + d) * s.Rows + r) * s.Columns + c], 2);
                                }
                        distances.Add((float)sum);
                    }
        return [.. distances];
    }
}
