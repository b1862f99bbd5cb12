using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>The last layer's problem for some of a trained model's prototypes, with the penalties of its training.</summary>
internal static class LastLayerRefit
{
    /// <summary>The default λ of training without held-out images.</summary>
    private const double UsualL1 = 3e-3;

    /// <summary>Every fifth photograph of a class is held out where a choice or a measure needs some.</summary>
    private const int HeldOutOneIn = 5;

    /// <summary>λ of training if the model records it, otherwise the usual one.</summary>
    public static double L1Of(TrainedProtoPNet model) => model.Penalties?.L1 ?? UsualL1;

    /// <param name="model">The model.</param>
    /// <param name="similarities">Similarities to all of its prototypes.</param>
    /// <param name="kept">The prototypes to solve for.</param>
    public static LastLayerProblem Problem(TrainedProtoPNet model, LabelledSimilarities similarities, IReadOnlyList<int> kept)
        => similarities.Of(kept).Problem([.. kept.Select(j => model.Architecture.PrototypeClasses[j])], model.ClassNames.Count) with
        {
            L1 = L1Of(model),
            OwnClass = model.Penalties?.OwnClass ?? new OwnClassPenalty.TowardOne(),
        };

    /// <summary>Solves the last layer for the kept prototypes; says which of them it does not use, and leaves these out of the weights.</summary>
    /// <param name="model">The model.</param>
    /// <param name="l1">How λ is chosen; null for that of training.</param>
    /// <param name="kept">The prototypes to solve for.</param>
    /// <param name="seen">The similarities of the training photographs.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    public static (L1Chosen Solved, IReadOnlyList<int> Unused) Solve(
        TrainedProtoPNet model, L1Choice? l1, IReadOnlyList<int> kept, TrainingSimilarities seen, CancellationToken cancellation)
    {
        LabelledSimilarities all = seen.Views.Value;
        L1Choice choice = l1 ?? new L1Choice.Fixed(L1Of(model));
        LabelledSimilarities learned = all;
        HeldOutImages? heldOut = null;
        if (choice.NeedsValidation)
        {
            bool[] held = HeldOut(seen.Whole.Labels);
            if (!held.Contains(true))
                throw new ArgumentException($"To choose λ by validation, a class needs at least {HeldOutOneIn} training photographs. Give λ itself.");
            LabelledSimilarities validation = seen.Whole.Of(kept).Rows([.. Enumerable.Range(0, held.Length).Where(i => held[i])]);
            learned = all.Rows([.. Enumerable.Range(0, all.Labels.Length).Where(i => !held[i % held.Length])]);
            heldOut = new(new(validation.Similarities, validation.Labels), () => all.Of(kept));
        }
        LastLayerProblem problem = Problem(model, learned, kept);
        L1Chosen solved = LastLayerFitter.Fit(problem, new(choice, null), heldOut, new(), cancellation);
        LastLayerSolution whole = solved.Solution;
        IReadOnlyList<int> unused = UnusedPrototypes.Of(problem, whole.Weights).Removable;
        if (unused.Count == 0) return (solved, unused);
        int[] used = [.. Enumerable.Range(0, problem.Prototypes).Except(unused)];
        Matrix<float> weights = Matrix<float>.Build.DenseOfColumns(used.Select(j => whole.Weights.Column(j)));
        return (solved with { Solution = whole with { Weights = weights } }, unused);
    }

    /// <summary>Every fifth image of each class; none of a class with fewer.</summary>
    /// <param name="labels">The class of each image.</param>
    public static bool[] HeldOut(IReadOnlyList<int> labels)
    {
        Dictionary<int, int> seen = [];
        return [.. labels.Select(label => (seen[label] = seen.GetValueOrDefault(label) + 1) % HeldOutOneIn == 0)];
    }
}
