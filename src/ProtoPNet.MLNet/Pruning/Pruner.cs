using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Makes models with fewer prototypes, with the last layer solved again if any were removed (paper, supplement S8).</summary>
internal static class Pruner
{
    /// <summary>The number of neighbours for purity if no rule sets one.</summary>
    private const int UsualNearest = 6;

    /// <summary>Makes a smaller model; the original is unchanged.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Which prototypes to remove.</param>
    /// <param name="training">Training photographs; without them no rule can be applied, and the last layer is not solved again.</param>
    /// <param name="test">Test photographs, used only to measure accuracies.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no such prototype, a class would have none left, or photographs are missing or of unknown class.
    /// </exception>
    public static (TrainedProtoPNet Model, PruningReport Report) Prune(
        this TrainedProtoPNet model, PruningOptions options, IReadOnlyList<AnalysedImage> training, IReadOnlyList<AnalysedImage> test,
        CancellationToken cancellation)
    {
        if (options.Views < 1) throw new ArgumentException($"Views is {options.Views}; it must be at least 1.");
        if ((options.Rule?.Fault ?? options.L1?.Fault) is { } fault) throw new ArgumentException(fault);
        if (options.Rule is not null && training.Count == 0)
            throw new ArgumentException("The pruning rule needs the training photographs, and there are none. Give them, or leave the rule out.");
        // Before the first pass, so that nobody waits for nothing.
        PhotographSimilarities.Classes(model, training.Concat(test));
        if (training.Count > 0) CheckEveryClass(model, training);
        GlobalAnalysis? analysis = training.Count == 0 ? null
            : GlobalAnalysis.Run(model, training, options.Rule?.Nearest ?? UsualNearest, cancellation: cancellation);
        return model.CarryOut(PruningPlan.Of(model, options, analysis), options.L1, Seen(model, training, options.Views, cancellation),
            Unseen(model, test, cancellation), cancellation);
    }

    /// <summary>Makes an edited model; the original is unchanged.</summary>
    /// <param name="model">The model.</param>
    /// <param name="revision">The edits.</param>
    /// <param name="options">How the last layer is solved.</param>
    /// <param name="training">Training photographs; without them the last layer is not solved again.</param>
    /// <param name="test">Test photographs, used only to measure accuracies.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">An edit does not fit the model, or photographs are missing or of unknown class.</exception>
    public static (TrainedProtoPNet Model, PruningReport Report) Edit(
        this TrainedProtoPNet model, ModelRevision revision, EditingOptions options, IReadOnlyList<AnalysedImage> training,
        IReadOnlyList<AnalysedImage> test, CancellationToken cancellation)
    {
        if ((options.Fault ?? revision.Fault) is { } fault) throw new ArgumentException(fault);
        PruningPlan plan = PruningPlan.Of(model, revision);
        PhotographSimilarities.Classes(model, training.Concat(test));
        if (training.Count > 0) CheckEveryClass(model, training);
        return model.CarryOut(
            plan, options.L1, Seen(model, training, options.Views, cancellation), Unseen(model, test, cancellation), cancellation);
    }

    /// <summary>Makes the model that is planned.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">What becomes of its prototypes.</param>
    /// <param name="l1">How λ is chosen; null for that of training.</param>
    /// <param name="seen">The similarities of training photographs; without them the last layer is not solved again.</param>
    /// <param name="unseen">Those of test photographs, to measure accuracies; null if there are none.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    public static (TrainedProtoPNet Model, PruningReport Report) CarryOut(
        this TrainedProtoPNet model, PruningPlan plan, L1Choice? l1, TrainingSimilarities? seen, LabelledSimilarities? unseen,
        CancellationToken cancellation)
    {
        L1Chosen? solved = null;
        if (seen is not null && plan.Removes)
        {
            (solved, IReadOnlyList<int> unused) = LastLayerRefit.Solve(model, l1, plan.Kept, seen, cancellation);
            plan = plan.WithoutUnused(unused, model);
        }
        TrainedProtoPNet smaller = model.Regroup(plan.Groups, solved);
        try
        {
            if (plan.Revision is { } revision) smaller = smaller.Revised([.. plan.Kept.Select(revision.Prototypes.Named)], revision.Revision);
            return (smaller, new(
                Figures(model, seen?.Whole, unseen), Figures(smaller, seen?.Whole.Of(plan.Kept), unseen?.Of(plan.Kept)), plan.Pruned, plan.Spared,
                solved));
        }
        catch
        {
            smaller.Dispose();
            throw;
        }
    }

    private static TrainingSimilarities? Seen(
        TrainedProtoPNet model, IReadOnlyList<AnalysedImage> training, int views, CancellationToken cancellation)
        => training.Count == 0 ? null : TrainingSimilarities.Of(model, training, views, cancellation);

    private static LabelledSimilarities? Unseen(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> test, CancellationToken cancellation)
        => test.Count == 0 ? null : TrainingSimilarities.OfView(model, test, 0, cancellation);

    /// <summary>Every class needs training photographs.</summary>
    /// <exception cref="ArgumentException">A class has none; the message says which.</exception>
    public static void CheckEveryClass(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> training)
    {
        HashSet<int?> there = [.. training.Select(image => image.ClassIndex)];
        string[] missing = [.. model.ClassNames.Where((_, k) => !there.Contains(k))];
        if (missing.Length > 0)
            throw new ArgumentException($"There is no training photograph of {string.Join(", ", missing.Take(5))}"
                + $"{(missing.Length > 5 ? $" and {missing.Length - 5} more classes" : "")}: the rule and the last layer need the photographs that "
                + "the model was trained on. Give them all, or none.");
    }

    private static PruningFigures Figures(TrainedProtoPNet model, LabelledSimilarities? training, LabelledSimilarities? test)
    {
        float[,] weights = model.LastLayerWeights;
        int connections = model.Prototypes.Sum(prototype
            => Enumerable.Range(0, model.ClassNames.Count).Count(k => k != prototype.ClassIndex && weights[k, prototype.Index] != 0));
        return new(model.Prototypes.Count, connections, training?.Accuracy(weights), test?.Accuracy(weights));
    }
}
