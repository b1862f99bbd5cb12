using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Makes models with fewer prototypes, with the last layer solved again if any were removed (paper, supplement S8).</summary>
internal static class Pruner
{
    /// <summary>The default λ of training without held-out images.</summary>
    private const double UsualL1 = 3e-3;

    /// <summary>Every fifth photograph of a class is held out to choose λ, if the choice needs validation.</summary>
    private const int HeldOutOneIn = 5;

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
        PruningPlan plan = PruningPlan.Of(model, options, analysis);

        LabelledSimilarities? seen = training.Count == 0 ? null : PhotographSimilarities.Of(model, training, Whole, cancellation);
        LabelledSimilarities? unseen = test.Count == 0 ? null : PhotographSimilarities.Of(model, test, Whole, cancellation);
        L1Chosen? solved = null;
        if (seen is not null && plan.Removes)
        {
            (solved, IReadOnlyList<int> unused) = Solve(model, options, plan.Kept, training, seen, cancellation);
            plan = plan.WithoutUnused(unused, model, analysis);
        }
        TrainedProtoPNet smaller = model.Regroup(plan.Groups, solved);
        try
        {
            return (smaller, new(
                Figures(model, seen, unseen), Figures(smaller, seen?.Of(plan.Kept), unseen?.Of(plan.Kept)), plan.Pruned, plan.Spared, solved));
        }
        catch
        {
            smaller.Dispose();
            throw;
        }
    }

    private static void CheckEveryClass(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> training)
    {
        HashSet<int?> there = [.. training.Select(image => image.ClassIndex)];
        string[] missing = [.. model.ClassNames.Where((_, k) => !there.Contains(k))];
        if (missing.Length > 0)
            throw new ArgumentException($"There is no training photograph of {string.Join(", ", missing.Take(5))}"
                + $"{(missing.Length > 5 ? $" and {missing.Length - 5} more classes" : "")}: the rule and the last layer need the photographs that "
                + "the model was trained on. Give them all, or none.");
    }

    private static View Whole(int number, RgbImage image) => View.Whole;

    /// <summary>Solves the last layer for the kept prototypes; says which of them it does not use, and leaves these out of the weights.</summary>
    private static (L1Chosen Solved, IReadOnlyList<int> Unused) Solve(
        TrainedProtoPNet model, PruningOptions options, IReadOnlyList<int> kept, IReadOnlyList<AnalysedImage> training, LabelledSimilarities seen,
        CancellationToken cancellation)
    {
        LabelledSimilarities all = LabelledSimilarities.All([seen.Of(kept),
            .. Enumerable.Range(1, options.Views - 1).Select(v => PhotographSimilarities.Of(model, training, Augmented(v), cancellation).Of(kept))]);
        int[] classes = [.. kept.Select(j => model.Architecture.PrototypeClasses[j])];
        L1Choice choice = options.L1 ?? new L1Choice.Fixed(model.Penalties?.L1 ?? UsualL1);
        LabelledSimilarities learned = all;
        HeldOutImages? heldOut = null;
        if (choice.NeedsValidation)
        {
            bool[] held = HeldOut(seen.Labels);
            LabelledSimilarities validation = seen.Of(kept).Rows([.. Enumerable.Range(0, held.Length).Where(i => held[i])]);
            learned = all.Rows([.. Enumerable.Range(0, all.Labels.Length).Where(i => !held[i % held.Length])]);
            heldOut = new(new(validation.Similarities, validation.Labels), () => all);
        }
        LastLayerProblem problem = learned.Problem(classes, model.ClassNames.Count) with
        {
            OwnClass = model.Penalties?.OwnClass ?? new OwnClassPenalty.TowardOne(),
        };
        L1Chosen solved = LastLayerFitter.Fit(problem, new(choice, null), heldOut, new(), cancellation);
        LastLayerSolution whole = solved.Solution;
        IReadOnlyList<int> unused = UnusedPrototypes.Of(problem, whole.Weights).Removable;
        if (unused.Count == 0) return (solved, unused);
        int[] used = [.. Enumerable.Range(0, problem.Prototypes).Except(unused)];
        Matrix<float> weights = Matrix<float>.Build.DenseOfColumns(used.Select(j => whole.Weights.Column(j)));
        return (solved with { Solution = whole with { Weights = weights } }, unused);
    }

    private static Func<int, RgbImage, View> Augmented(int view) => (number, image)
        => Augmentation.Paper.Sample(ViewSeed.Of(seed: 0, epoch: 0, number, view), (double)image.Width / image.Height);

    private static bool[] HeldOut(int[] labels)
    {
        Dictionary<int, int> seen = [];
        bool[] result = [.. labels.Select(label => (seen[label] = seen.GetValueOrDefault(label) + 1) % HeldOutOneIn == 0)];
        return result.Contains(true) ? result
            : throw new ArgumentException($"To choose λ by validation, a class needs at least {HeldOutOneIn} training photographs. Give λ itself.");
    }

    private static PruningFigures Figures(TrainedProtoPNet model, LabelledSimilarities? training, LabelledSimilarities? test)
    {
        float[,] weights = model.LastLayerWeights;
        int connections = model.Prototypes.Sum(prototype
            => Enumerable.Range(0, model.ClassNames.Count).Count(k => k != prototype.ClassIndex && weights[k, prototype.Index] != 0));
        return new(model.Prototypes.Count, connections, training?.Accuracy(weights), test?.Accuracy(weights));
    }
}
