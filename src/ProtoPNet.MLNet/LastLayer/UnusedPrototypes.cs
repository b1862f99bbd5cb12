using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Prototypes whose weights are all exactly 0: removing them changes no logit.</summary>
/// <param name="Removable">Those that can go, in order.</param>
/// <param name="Spared">Those that must stay, one for each class that would have none left.</param>
internal sealed record UnusedPrototypes(IReadOnlyList<int> Removable, IReadOnlyList<int> Spared)
{
    /// <summary>
    /// Finds them. A class all of whose prototypes are unused keeps the one whose own-class weight would lower the cross entropy fastest: it would be
    /// the first to become active at a lower price.
    /// </summary>
    /// <param name="problem">The problem.</param>
    /// <param name="weights">Its last layer (K × P).</param>
    public static UnusedPrototypes Of(LastLayerProblem problem, Matrix<float> weights)
    {
        HashSet<int> unused = [.. Enumerable.Range(0, problem.Prototypes).Where(j => !weights.Column(j).Any(w => w != 0))];
        int[][] emptied = [.. Enumerable.Range(0, problem.Prototypes).GroupBy(j => problem.PrototypeClasses[j])
            .Where(members => members.All(unused.Contains)).Select(members => members.ToArray())];
        int[] spared = emptied.Length == 0 ? [] : Steepest(problem, weights, emptied);
        return new([.. unused.Except(spared).Order()], [.. spared.Order()]);
    }

    /// <summary>Of each group of a class's prototypes, the one with the most negative gradient of its own-class weight.</summary>
    private static int[] Steepest(LastLayerProblem problem, Matrix<float> weights, int[][] groups)
    {
        (SoftmaxLoss loss, Posterior posterior) = LastLayerObjective.At(problem, weights);
        Support own = Support.Where(problem.Classes, problem.Prototypes, (k, j) => !problem.IsOffClass(k, j));
        var gradient = new double[own.Count];
        loss.Gradient(own, posterior, gradient);
        Dictionary<int, double> slopes = own.Columns.Index().ToDictionary(column => column.Item, column => gradient[column.Index]);
        return [.. groups.Select(members => members.MinBy(j => slopes[j]))];
    }
}
