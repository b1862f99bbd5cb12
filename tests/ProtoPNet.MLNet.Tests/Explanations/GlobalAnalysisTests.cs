using System.Text.Json;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Tests.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class GlobalAnalysisTests
{
    [Fact]
    public void Nearest_images_are_those_of_a_search_one_by_one()
    {
        using TrainedProtoPNet model = Models.Make();
        AnalysedImage[] images = Models.Images(37);
        List<int> progress = [];
        GlobalAnalysis analysis = GlobalAnalysis.Run(model, images, 4, new Immediate(progress.Add), TestContext.Current.CancellationToken);
        LocalExplanation[] alone = [.. images.Select(image => model.Explain(image.Load()))];

        Assert.Equal(37, analysis.Images);
        Assert.Equal([16, 32, 37], progress);
        foreach (PrototypeNeighbours found in analysis.Prototypes)
        {
            int j = found.Prototype.Index;
            int[] expected = [.. Enumerable.Range(0, 37).OrderByDescending(i => alone[i].Activations[j].Similarity).Take(4)];
            Assert.Equal(expected, found.Neighbours.Select(near => near.ImageNumber));
            foreach (Neighbour near in found.Neighbours)
            {
                Activation own = alone[near.ImageNumber].Activations[j];
                Assert.Equal(images[near.ImageNumber].Id, near.ImageId);
                Assert.Equal(images[near.ImageNumber].ClassIndex, near.ClassIndex);
                Assert.Equal((own.CellRow, own.CellColumn), (near.Activation.CellRow, near.Activation.CellColumn));
                Assert.Equal(own.Similarity, near.Activation.Similarity, 1e-3);
                // Batches round differently from single images, which may move an edge by a pixel.
                Assert.Equal(own.Box.Top, near.Activation.Box.Top, 1.0);
                Assert.Equal(own.Box.Right, near.Activation.Box.Right, 1.0);
                Arrays.AssertClose([.. own.Similarities.Cast<float>()], [.. near.Activation.Similarities.Cast<float>()], 1e-3);
            }
            Assert.Equal(expected.Count(i => i % Models.Classes == found.Prototype.ClassIndex) / 4.0, found.Purity);
        }
    }

    [Fact]
    public void Fewer_images_than_asked_for_are_all_kept_and_unknown_classes_leave_no_purity()
    {
        using TrainedProtoPNet model = Models.Make();
        GlobalAnalysis analysis = GlobalAnalysis.Run(
            model, Models.Images(2).Select(image => image with { ClassIndex = null }), cancellation: TestContext.Current.CancellationToken);
        Assert.All(analysis.Prototypes, found => Assert.Equal(2, found.Neighbours.Count));
        Assert.All(analysis.Prototypes, found => Assert.Null(found.Purity));
    }

    [Fact]
    public void Nothing_to_search_and_unreadable_images_are_said()
    {
        using TrainedProtoPNet model = Models.Make();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Assert.Contains("no images", Assert.Throws<InvalidOperationException>(
            () => GlobalAnalysis.Run(model, [], cancellation: cancellation)).Message, StringComparison.Ordinal);
        AnalysedImage[] images = [.. Models.Images(40)];
        images[20] = images[20] with { Load = () => throw new MLNet.Images.UnreadableImageException("broken") };
        Assert.Equal("picture 20: broken", Assert.Throws<MLNet.Images.UnreadableImageException>(
            () => GlobalAnalysis.Run(model, images, cancellation: cancellation)).Message);
        Assert.Throws<OperationCanceledException>(() => GlobalAnalysis.Run(model, images, cancellation: new CancellationToken(true)));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(7)]
    [InlineData(1)]
    public void Nearest_classes_and_pruned_prototypes_are_the_published_ones(int batch)
    {
        JsonElement golden = Shared.Golden("projection.json");
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = GoldenGenerator.Network(golden);
        network.PrototypeVectors.copy_(tensor(golden.GetProperty("projected_prototypes").Deserialize<float[]>()!, network.PrototypeVectors.shape));
        Tensor distances = network.Distances(network.Latent(GoldenGenerator.NormalisedImages(62000, 24, 64)));
        Arrays.AssertClose(
            golden.GetProperty("min_distances_after").Deserialize<float[]>()!, ProtoPNetNetwork.MinDistances(distances).Floats(), 1e-4);

        int[] labels = golden.GetProperty("labels").Deserialize<int[]>()!;
        using NearestPatches search = new(golden.GetProperty("nearest_k").GetInt32());
        for (int start = 0; start < 24; start += batch) search.Add(distances.narrow(0, start, Math.Min(batch, 24 - start)));
        int[][] classes = [.. search.Result().Select(patches => patches.Select(patch => labels[patch.Image]).ToArray())];

        Assert.Equal(golden.GetProperty("nearest_class_ids").Deserialize<int[][]>()!, classes);
        PruningRule rule = new(golden.GetProperty("nearest_k").GetInt32(), golden.GetProperty("prune_threshold").GetInt32());
        Assert.Equal(golden.GetProperty("pruned").Deserialize<int[]>()!, rule.Removed(classes, network.Architecture.PrototypeClasses));
    }

    private sealed class Immediate(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
