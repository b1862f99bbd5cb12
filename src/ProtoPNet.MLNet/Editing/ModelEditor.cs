using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Editing;

/// <summary>
/// Edits a model on similarities that were measured once: an edit takes a solution of the last layer, which starts from the one before, and no pass
/// through the network. Thread-safe: it changes nothing.
/// </summary>
/// <param name="model">The model, which stays as it is.</param>
/// <param name="learned">The similarities that the last layer is solved on, to all of its prototypes.</param>
/// <param name="sets">The photographs that effects are shown on.</param>
internal sealed class ModelEditor(TrainedProtoPNet model, LabelledSimilarities learned, IReadOnlyList<PhotographSet> sets)
{
    /// <summary>
    /// The model without edits. Its outcomes are those of a last layer solved like that of edited models: before and after then differ by the edits
    /// alone, not by what was held out.
    /// </summary>
    public EditedModel Start(CancellationToken cancellation)
    {
        Matrix<float> start = Matrix<float>.Build.DenseOfArray(model.LastLayerWeights);
        return Solved([], EditedPrototypes.Of(model), start, cancellation) with { Head = model.Head };
    }

    /// <summary>The model after one more edit.</summary>
    /// <param name="before">The model so far.</param>
    /// <param name="edit">The edit.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    /// <exception cref="ArgumentException">The edit does not fit; the message says why.</exception>
    public EditedModel Edit(EditedModel before, ModelEdit edit, CancellationToken cancellation)
    {
        EditedPrototypes prototypes = before.Prototypes.With(edit);
        IReadOnlyList<ModelEdit> edits = [.. before.Edits, edit];
        int[] kept = [.. prototypes.Groups.Select(group => group[0])];
        if (kept.Length == before.Head.Prototypes.Count)
            return new(edits, prototypes, before.Head with { Prototypes = [.. kept.Select(prototypes.Named)] }, before.Outcomes);
        Dictionary<int, int> places = before.Head.Prototypes.Index().ToDictionary(one => one.Item.Index, one => one.Index);
        Matrix<float> start = Matrix<float>.Build.Dense(before.Head.ClassNames.Count, kept.Length, (k, p) => before.Head.Weights[k, places[kept[p]]]);
        return Solved(edits, prototypes, start, cancellation);
    }

    private EditedModel Solved(
        IReadOnlyList<ModelEdit> edits, EditedPrototypes prototypes, Matrix<float> start, CancellationToken cancellation)
    {
        int[] kept = [.. prototypes.Groups.Select(group => group[0])];
        LastLayerProblem problem = LastLayerRefit.Problem(model, learned, kept);
        // The model's weights are the solution's, divided by the temperature.
        float temperature = (float)(model.Penalties?.Temperature ?? 1);
        LastLayerSolution solution = LastLayerSolver.Solve(problem, new() { Start = start * temperature }, cancellation);
        PrototypeHead head = new(model.ClassNames, [.. kept.Select(prototypes.Named)], (solution.Weights / temperature).ToArray());
        return new(edits, prototypes, head, [.. sets.Select(set => SetOutcome.Of(set, head))]);
    }
}
