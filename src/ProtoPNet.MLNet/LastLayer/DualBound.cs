namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// A lower bound on the objective of all weights. By Fenchel duality every q with rows in the simplex whose gradient
/// G = (ω/N (q − e_y))ᵀ S obeys |G| ≤ λ off class, and G ≥ −λ_k on the own class if that has a price, bounds the objective from below;
/// q = c p + (1 − c) e_y does for a small enough c.
/// </summary>
internal static class DualBound
{
    public static double At(LastLayerProblem problem, SoftmaxLoss loss, Posterior at, Face face, double largestElsewhere)
    {
        double largest = largestElsewhere;
        if (problem.Reasoning == Reasoning.PositiveAndNegative)
        {
            for (int v = 0; v < face.Support.Count; v++)
                if (face.IsOffClass(v)) largest = Math.Max(largest, Math.Abs(face.Gradient[v]));
        }
        double c = largest > problem.L1 ? problem.L1 / largest : 1;
        for (int v = 0; v < face.Support.Count; v++)
            if (!face.IsOffClass(v)) c = Math.Min(c, face.Own(v).FeasibleShare(face.Gradient[v]));
        double bound = -loss.Conjugate(at, c);
        for (int v = 0; v < face.Support.Count; v++)
            if (!face.IsOffClass(v)) bound -= face.Own(v).Conjugate(c * face.Gradient[v]);
        return bound;
    }
}
