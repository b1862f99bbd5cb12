using MathNet.Numerics.LinearAlgebra;
using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class PruningTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static ProtoPNetTransformer Transformer(TrainedProtoPNet model)
        => new(model, ClassLabels.Parse("String", [.. model.ClassNames]), new(), 4);

    [Fact]
    public void The_rule_removes_what_the_nearest_training_photographs_condemn_and_solves_the_last_layer_again()
    {
        using ProtoPNetTransformer before = Transformer(Models.Make(sources: Models.Images(9)));
        AnalysedImage[] training = Models.Images(24), test = [.. Models.Images(36).Skip(24)];
        PruningRule rule = new(5, 3);
        GlobalAnalysis analysis = GlobalAnalysis.Run(before.Inside(), training, 5, cancellation: Cancellation);
        PrunedProtoPNet pruned = before.Prune(new() { Rule = rule, L1 = new L1Choice.Fixed(1e-2), Views = 1 }, training, test, Cancellation);
        using ProtoPNetTransformer after = pruned.Transformer;

        Assert.NotEmpty(pruned.Report.Pruned);
        Assert.Equal(rule.Removed(analysis), pruned.Report.Pruned.Select(gone => gone.Prototype.Index));
        Assert.Equal(rule.Condemned(analysis).Except(rule.Removed(analysis)), pruned.Report.Spared.Select(kept => kept.Index));
        foreach (PrunedPrototype gone in pruned.Report.Pruned)
        {
            PrototypeNeighbours found = analysis.Prototypes[gone.Prototype.Index];
            int own = found.Neighbours.Count(near => near.ClassIndex == gone.Prototype.ClassIndex);
            Assert.Equal(new PruningReason.TooFewOfItsClass(own, 5), gone.Reason);
            Assert.True(own < 3);
            Assert.Equal(own / 5.0, gone.Purity);
        }
        Assert.Equal(
            before.Prototypes.Where(p => pruned.Report.Pruned.All(gone => gone.Prototype != p)).Select(p => (p.Name, p.Source)),
            after.Prototypes.Select(p => (p.Name, p.Source)));

        // The new weights are the optimum for the smaller model's own similarities.
        Matrix<float> similarities = Matrix<float>.Build.DenseOfRowArrays(
            training.Select(image => after.Inside().Explain(image.Load()).Activations.Select(activation => activation.Similarity).ToArray()));
        int[] labels = [.. training.Select(image => image.ClassIndex!.Value)];
        LastLayerProblem problem = new(similarities, labels, after.Inside().Architecture.PrototypeClasses, 3) { L1 = 1e-2 };
        Assert.Equal(
            LastLayerObjective.Of(problem, pruned.Report.LastLayer!.Solution.Weights).Value,
            pruned.Report.LastLayer.Solution.Certificate.Objective, 1e-4);
        Assert.Equal(1e-2, pruned.Report.LastLayer!.L1);
        Assert.InRange(pruned.Report.LastLayer.Solution.Certificate.RelativeGap, 0, 1e-6);
        Assert.Equal(pruned.Report.LastLayer.Solution.Weights, Matrix<float>.Build.DenseOfArray(after.Inside().LastLayerWeights));
        Assert.Equal(
            new PruningFigures(
                after.Prototypes.Count, pruned.Report.LastLayer.Solution.Certificate.Connections, Accuracy(after, training), Accuracy(after, test)),
            pruned.Report.After);
        Assert.Equal(new PruningFigures(9, 18, Accuracy(before, training), Accuracy(before, test)), pruned.Report.Before);
    }

    [Fact]
    public void Prototypes_chosen_by_hand_are_removed_and_without_photographs_weights_stay()
    {
        using ProtoPNetTransformer before = Transformer(Models.Make());
        PrunedProtoPNet pruned = before.Prune(new() { Remove = [7, 2] }, cancellation: Cancellation);
        using ProtoPNetTransformer after = pruned.Transformer;
        Assert.Equal([2, 7], pruned.Report.Pruned.Select(gone => gone.Prototype.Index));
        Assert.All(pruned.Report.Pruned, gone => Assert.Equal(new PruningReason.Chosen(), gone.Reason));
        Assert.Null(pruned.Report.LastLayer);
        Assert.Equal(new PruningFigures(7, 14, null, null), pruned.Report.After);
        foreach (Prototype kept in after.Prototypes)
        {
            int old = before.Prototypes.Single(p => p.Name == kept.Name).Index;
            Assert.All(Enumerable.Range(0, Models.Classes), k => Assert.Equal(before.Weight(k, old), after.Weight(k, kept.Index)));
        }
    }

    [Fact]
    public void Merging_leaves_every_logit_as_it_was_and_only_equal_vectors_are_merged()
    {
        using ProtoPNetTransformer before = Transformer(Models.Make(sources: Models.Images(9)));
        Copy(before.Inside(), 1, 2, 0);
        Copy(before.Inside(), 3, 5, 1e-4f); // closer than any two patches, but not equal
        Copy(before.Inside(), 6, 7, 0);
        Copy(before.Inside(), 6, 4, 0); // of another class
        PrunedProtoPNet pruned = before.Prune(new() { MergeDuplicates = true }, Models.Images(9), cancellation: Cancellation);
        using ProtoPNetTransformer after = pruned.Transformer;
        Assert.Equal(
            [(2, new PruningReason.SameAs(before.Prototypes[1])), (7, new PruningReason.SameAs(before.Prototypes[6]))],
            pruned.Report.Pruned.Select(gone => (gone.Prototype.Index, (PruningReason.SameAs)gone.Reason)));
        Assert.Null(pruned.Report.LastLayer);
        Assert.Equal(pruned.Report.Before.TrainingAccuracy, pruned.Report.After.TrainingAccuracy);
        for (ulong seed = 0; seed < 5; seed++)
        {
            float[] input = Models.Input(Models.Picture(seed));
            Tests.Network.Arrays.AssertClose(before.Inside().Score(input, 1).Logits, after.Inside().Score(input, 1).Logits, 1e-5);
        }
    }

    [Fact]
    public void Lambda_is_that_of_training_where_the_model_says_so_or_is_chosen_by_validation()
    {
        TrainedProtoPNet model = Models.Make();
        using ProtoPNetTransformer before = Transformer(new(model.Network, model.ClassNames, model.Prototypes)
        {
            Penalties = new(7e-3, new OwnClassPenalty.TowardOne(1e-3)),
        });
        AnalysedImage[] training = Models.Images(30);
        PrunedProtoPNet pruned = before.Prune(new() { Remove = [0], Views = 1 }, training, cancellation: Cancellation);
        Assert.Equal(7e-3, pruned.Report.LastLayer!.L1);
        Assert.Equal(new LastLayerPenalties(7e-3, new OwnClassPenalty.TowardOne(1e-3)), pruned.Transformer.Inside().Penalties);
        PrunedProtoPNet chosen = before.Prune(
            new() { Remove = [0], Views = 2, L1 = new L1Choice.ByValidation(1e-1, 1e-3, 3) }, training, cancellation: Cancellation);
        double best = chosen.Report.LastLayer!.Path.Points.Max(point => point.ValidationAccuracy!.Value);
        Assert.Equal(best, chosen.Report.LastLayer.Path.Points.Single(point => point.L1 == chosen.Report.LastLayer.L1).ValidationAccuracy);
        Assert.InRange(chosen.Report.LastLayer.Solution.Certificate.RelativeGap, 0, 1e-6);
        pruned.Transformer.Dispose();
        chosen.Transformer.Dispose();
    }

    [Fact]
    public void Prototypes_that_the_new_last_layer_does_not_use_leave_too_if_training_did_so()
    {
        TrainedProtoPNet model = Models.Make();
        using ProtoPNetTransformer before = Transformer(new(model.Network, model.ClassNames, model.Prototypes)
        {
            Penalties = new(1, new OwnClassPenalty.Sparse(1)),
        });
        PrunedProtoPNet pruned = before.Prune(new() { Remove = [0], Views = 1 }, Models.Images(30), cancellation: Cancellation);
        using ProtoPNetTransformer after = pruned.Transformer;
        PrunedPrototype[] unused = [.. pruned.Report.Pruned.Where(gone => gone.Reason is PruningReason.Unused)];
        Assert.NotEmpty(unused);
        Assert.Equal(8, after.Prototypes.Count + unused.Length);
        Assert.Equal(3, after.Prototypes.Select(p => p.ClassIndex).Distinct().Count());
        Assert.Equal(after.Prototypes.Count, pruned.Report.After.Prototypes);
        Assert.Empty(after.Prototypes.Select(p => p.Name).Intersect(unused.Select(gone => gone.Prototype.Name)));
        Assert.Equal(new LastLayerPenalties(1, new OwnClassPenalty.Sparse(1)), after.Inside().Penalties);
    }

    [Fact]
    public void Names_sources_and_penalties_survive_saving()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("protopnet-prune-").FullName, "model.zip");
        using ProtoPNetTransformer before = Transformer(Models.Make(sources: Models.Images(9)));
        PrunedProtoPNet pruned = before.Prune(
            new() { Remove = [3, 8], Views = 1, L1 = new L1Choice.Fixed(1e-2) }, Models.Images(12), cancellation: Cancellation);
        using ProtoPNetTransformer after = pruned.Transformer;
        MLContext ml = new(1);
        ml.Model.Save(after, ml.Data.LoadFromEnumerable(SmallModel.Photos(1)).Schema, path);
        using var loaded = (ProtoPNetTransformer)ml.Model.Load(path, out _);
        Assert.Equal(
            ["class 0 #1", "class 0 #2", "class 0 #3", "class 1 #2", "class 1 #3", "class 2 #1", "class 2 #2"],
            loaded.Prototypes.Select(p => p.Name));
        Assert.Equal(after.Prototypes.Select(p => p.Source!.ImageId), loaded.Prototypes.Select(p => p.Source!.ImageId));
        Assert.Equal(new LastLayerPenalties(1e-2, new OwnClassPenalty.TowardOne(1e-4)), loaded.Inside().Penalties);
        float[] input = Models.Input(Models.Picture(3));
        Assert.Equal(after.Inside().Score(input, 1).Logits, loaded.Inside().Score(input, 1).Logits);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Impossible_requests_are_refused_with_the_reason()
    {
        using ProtoPNetTransformer model = Transformer(Models.Make());
        Assert.Contains("'class 1' would be left without", Said(new() { Remove = [3, 4, 5] }), StringComparison.Ordinal);
        Assert.Contains("no prototype 9", Said(new() { Remove = [9] }), StringComparison.Ordinal);
        Assert.Contains("needs the training photographs", Said(new() { Rule = new() }), StringComparison.Ordinal);
        AnalysedImage[] unknown = [.. Models.Images(3).Select(image => image with { ClassIndex = null })];
        Assert.Contains("class of 'picture 0' is not among", Said(new() { Remove = [1] }, unknown), StringComparison.Ordinal);

        string Said(PruningOptions options, AnalysedImage[]? training = null)
            => Assert.Throws<ArgumentException>(() => model.Prune(options, training, cancellation: Cancellation)).Message;
    }

    private static double Accuracy(ProtoPNetTransformer model, AnalysedImage[] images)
        => images.Average(image => model.Inside().Explain(image.Load()).Predicted.Index == image.ClassIndex ? 1.0 : 0);

    private static void Copy(TrainedProtoPNet model, int from, int to, float offBy)
    {
        using IDisposable noGrad = no_grad();
        using Tensor source = model.Network.PrototypeVectors[from], target = model.Network.PrototypeVectors[to];
        target.copy_(source + offBy);
    }
}
