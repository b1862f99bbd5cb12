using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class PrototypeEditingTests
{
    [Fact]
    public void Removing_prototypes_takes_their_points_away_and_nothing_else()
    {
        using TrainedProtoPNet model = Models.Make();
        using TrainedProtoPNet fewer = model.Without([4, 0]);
        Assert.Equal([1, 2, 3, 5, 6, 7, 8], fewer.Prototypes.Select(kept => model.Prototypes.First(p => p.Name == kept.Name).Index));
        Assert.Equal(Enumerable.Range(0, 7), fewer.Prototypes.Select(prototype => prototype.Index));
        Assert.Equal([0, 0, 1, 1, 2, 2, 2], fewer.Architecture.PrototypeClasses);

        LocalExplanation before = model.Explain(Models.Picture(3)), after = fewer.Explain(Models.Picture(3));
        for (int k = 0; k < Models.Classes; k++)
        {
            double taken = new[] { 0, 4 }.Sum(j => (double)before.Activations[j].Similarity * model.LastLayerWeights[k, j]);
            Assert.Equal(before.For(k).Class.Logit - taken, after.For(k).Class.Logit, 1e-4);
        }
        Assert.Equal(9, model.Prototypes.Count);
    }

    [Fact]
    public void Merging_duplicates_leaves_every_logit_unchanged()
    {
        using TrainedProtoPNet model = Models.Make();
        Copy(model, from: 1, to: 2);
        Copy(model, from: 1, to: 0);
        Copy(model, from: 1, to: 7); // a duplicate of another class, not to be merged
        Copy(model, from: 3, to: 5);
        Assert.Equal([[0, 1, 2, 7], [3, 5]], model.Duplicates().Select(group => group.Select(prototype => prototype.Index).ToArray()));

        using TrainedProtoPNet merged = model.Regroup(model.EqualWithinClasses());
        Assert.Equal(
            ["class 0 #1", "class 1 #1", "class 1 #2", "class 2 #1", "class 2 #2", "class 2 #3"],
            merged.Prototypes.Select(prototype => prototype.Name));
        for (ulong seed = 0; seed < 5; seed++)
        {
            float[] input = Models.Input(Models.Picture(seed));
            Network.Arrays.AssertClose(model.Score(input, 1).Logits, merged.Score(input, 1).Logits, 1e-4);
        }
    }

    [Fact]
    public void A_model_without_duplicates_has_none_to_merge()
    {
        using TrainedProtoPNet model = Models.Make();
        Assert.Empty(model.Duplicates());
        using TrainedProtoPNet same = model.Regroup(model.EqualWithinClasses());
        Assert.Equal(model.Prototypes, same.Prototypes);
    }

    [Fact]
    public void Surroundings_are_the_nearest_of_the_class_and_of_the_others()
    {
        using TrainedProtoPNet model = Models.Make();
        Copy(model, from: 1, to: 7);
        float[] vectors = Network.Arrays.Floats(model.Network.PrototypeVectors);
        double Distance(int i, int j) => Enumerable.Range(0, 8).Sum(d => Math.Pow((double)vectors[8 * i + d] - vectors[8 * j + d], 2));
        IReadOnlyList<PrototypeSurroundings> all = model.Surroundings(count: 4);
        foreach ((int i, PrototypeSurroundings found) in all.Index())
        {
            // Compared by distance: equal patches may come in either order.
            IEnumerable<double> Expected(bool own)
                => Enumerable.Range(0, 9).Where(j => j != i && j / 3 == i / 3 == own).Select(j => Distance(i, j)).Order().Take(4);
            Assert.Equal(Expected(own: true), found.OwnClass.Select(pair => pair.Distance), Close);
            Assert.Equal(Expected(own: false), found.OtherClasses.Select(pair => pair.Distance), Close);
            Assert.All(found.OwnClass.Concat(found.OtherClasses), pair => Assert.Equal(Distance(i, pair.Second.Index), pair.Distance, 1e-9));
            Assert.All(found.OwnClass.Concat(found.OtherClasses), pair => Assert.Equal(i, pair.First.Index));
            Assert.All(found.OwnClass, pair => Assert.Equal(i / 3, pair.Second.ClassIndex));
            Assert.All(found.OtherClasses, pair => Assert.NotEqual(i / 3, pair.Second.ClassIndex));
        }
        Assert.Equal(7, all[1].OtherClasses[0].Second.Index);

        static bool Close(double x, double y) => Math.Abs(x - y) < 1e-9;
    }

    [Fact]
    public void Impossible_removals_are_refused_with_the_reason()
    {
        using TrainedProtoPNet model = Models.Make();
        Assert.Contains("no prototype 9", Assert.Throws<ArgumentException>(() => model.Without([9])).Message, StringComparison.Ordinal);
        ArgumentException all = Assert.Throws<ArgumentException>(() => model.Without([.. Enumerable.Range(0, 9)]));
        Assert.Contains("No prototype would be left", all.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Network.Regroup([[0, 1], [1]]));
        Assert.Throws<ArgumentException>(() => model.Network.Regroup([[0], []]));
    }

    [Fact]
    public void Pruning_spares_the_purest_prototype_of_a_class_that_would_lose_all()
    {
        PruningRule rule = new(4, 3);
        int[][] nearest = [[0, 1, 1, 1], [0, 0, 1, 1], [1, 1, 1, 0], [0, 0, 0, 1]];
        Assert.Equal([0, 1, 3], rule.Removed(nearest, [0, 0, 1, 1]));
        Assert.Equal([0, 3], rule.RemovedSparingClasses(nearest, [0, 0, 1, 1]));
    }

    [Fact]
    public void Pruning_follows_the_analysis_and_asks_for_enough_of_it()
    {
        using TrainedProtoPNet model = Models.Make();
        GlobalAnalysis analysis = GlobalAnalysis.Run(model, Models.Images(20), 6, cancellation: TestContext.Current.CancellationToken);
        int[] expected = [.. analysis.Prototypes.Where(found => found.Purity < 0.5).Select(found => found.Prototype.Index)];
        IReadOnlyList<int> removed = new PruningRule().Removed(analysis);
        Assert.Empty(removed.Except(expected));
        Assert.All(Enumerable.Range(0, Models.Classes), k => Assert.Contains(model.Prototypes, p => p.ClassIndex == k && !removed.Contains(p.Index)));
        Assert.Contains("needs the 7 nearest", Assert.Throws<ArgumentException>(() => new PruningRule(7).Removed(analysis)).Message, StringComparison.Ordinal);
    }

    private static void Copy(TrainedProtoPNet model, int from, int to)
    {
        using IDisposable noGrad = no_grad();
        using Tensor source = model.Network.PrototypeVectors[from], target = model.Network.PrototypeVectors[to];
        target.copy_(source);
    }
}
