namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Images held out to choose λ.</summary>
/// <param name="Images">The images.</param>
/// <param name="Joined">
/// All images to fit to once λ is chosen, including the held-out ones; null if nothing may be fitted to the held-out images.
/// </param>
internal sealed record HeldOutImages(ValidationSet Images, Func<LabelledSimilarities>? Joined);

/// <summary>Fits the last layer: chooses λ, solves for it, and solves again with the held-out images added.</summary>
internal static class LastLayerFitter
{
    /// <param name="problem">The problem; its own λ is not used.</param>
    /// <param name="choice">How λ is chosen.</param>
    /// <param name="heldOut">Images to choose λ by; null if none are held out.</param>
    /// <param name="options">Tolerance and limits of each solution.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">The choice needs held-out images, and there are none.</exception>
    public static L1Chosen Fit(
        LastLayerProblem problem, L1Choice choice, HeldOutImages? heldOut, LastLayerOptions options, CancellationToken cancellation)
    {
        L1Chosen chosen = choice.Solve(problem, heldOut?.Images, options, cancellation);
        if (!choice.NeedsValidation || heldOut?.Joined is not { } joined) return chosen;
        LabelledSimilarities all = joined();
        LastLayerProblem whole = problem with
        {
            Similarities = all.Similarities,
            Labels = all.Labels,
            SampleWeights = all.Weights,
            L1 = chosen.L1,
        };
        return chosen with { Solution = LastLayerSolver.Solve(whole, options with { Start = chosen.Solution.Weights }, cancellation) };
    }
}
