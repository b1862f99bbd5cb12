namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Images held out to choose penalties.</summary>
/// <param name="Images">The images.</param>
/// <param name="Joined">
/// All images to fit to once the penalties are chosen, including the held-out ones; null if nothing may be fitted to the held-out images.
/// </param>
internal sealed record HeldOutImages(ValidationSet Images, Func<LabelledSimilarities>? Joined);

/// <summary>How the penalties of the last layer are chosen.</summary>
/// <param name="L1">How λ is chosen.</param>
/// <param name="OwnClass">How λ_own is chosen; null for the problem's own penalty on own-class weights.</param>
internal sealed record PenaltyChoices(L1Choice L1, SparseByValidation? OwnClass)
{
    /// <summary>Whether a validation set is needed.</summary>
    public bool NeedValidation => L1.NeedsValidation || OwnClass is not null;

    /// <summary>Chooses λ with the problem's own penalty on own-class weights, and λ_own after it.</summary>
    /// <exception cref="ArgumentException">A choice needs a validation set, and there is none.</exception>
    public L1Chosen Solve(LastLayerProblem problem, ValidationSet? validation, LastLayerOptions options, CancellationToken cancellation)
    {
        L1Chosen chosen = L1.Solve(problem, validation, options, cancellation);
        if (OwnClass is null) return chosen;
        if (validation is null)
            throw new ArgumentException("λ_own is to be chosen by validation, but there is no validation set. Set one aside, or give λ_own.");
        return OwnClass.After(chosen, problem, validation, options, cancellation);
    }
}

/// <summary>Fits the last layer: chooses the penalties, solves for them, and solves again with the held-out images added.</summary>
internal static class LastLayerFitter
{
    /// <param name="problem">The problem; its own λ is not used.</param>
    /// <param name="choices">How the penalties are chosen.</param>
    /// <param name="heldOut">Images to choose by; null if none are held out.</param>
    /// <param name="options">Tolerance and limits of each solution.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">A choice needs held-out images, and there are none.</exception>
    public static L1Chosen Fit(
        LastLayerProblem problem, PenaltyChoices choices, HeldOutImages? heldOut, LastLayerOptions options, CancellationToken cancellation)
    {
        L1Chosen chosen = choices.Solve(problem, heldOut?.Images, options, cancellation);
        if (!choices.NeedValidation || heldOut?.Joined is not { } joined) return chosen;
        LabelledSimilarities all = joined();
        LastLayerProblem whole = problem with
        {
            Similarities = all.Similarities,
            Labels = all.Labels,
            SampleWeights = all.Weights,
            L1 = chosen.L1,
            OwnClass = chosen.OwnClass,
        };
        return chosen with { Solution = LastLayerSolver.Solve(whole, options with { Start = chosen.Solution.Weights }, cancellation) };
    }
}
