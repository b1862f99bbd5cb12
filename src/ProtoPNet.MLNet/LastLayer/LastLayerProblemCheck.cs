using MathNet.Numerics.LinearAlgebra;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Refuses invalid problems, saying what is wrong, where, and what to do.</summary>
internal static class LastLayerProblemCheck
{
    /// <exception cref="ArgumentException">Sizes disagree, a class has no images or prototypes, or a number is out of range.</exception>
    public static void Check(LastLayerProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Require(problem.Classes >= 2, $"There are {problem.Classes} classes; a classifier needs at least two.");
        Require(problem.Labels.Count == problem.Images,
            $"There are similarities of {problem.Images} images but {problem.Labels.Count} labels; give one label per row.");
        Require(problem.PrototypeClasses.Count == problem.Prototypes,
            $"There are similarities to {problem.Prototypes} prototypes but {problem.PrototypeClasses.Count} prototype classes; give one each.");
        CheckClasses(problem.Labels, problem.Classes, "image", "Leave the class out, or give it images.");
        if (problem.PrototypeClasses.Count == 0 || problem.PrototypeClasses.Any(k => k != LastLayerProblem.EveryClass))
            CheckClasses(problem.PrototypeClasses, problem.Classes, "prototype", "Leave the class out, or keep a prototype of it when pruning.");
        CheckRange(problem.L1, "λ (L1)", "The paper's value is 1e-4.");
        Require(problem.OwnClass is not null, "There is no penalty on own-class weights; leave it out for the default.");
        Require(problem.OwnClass!.Fault is null, problem.OwnClass.Fault!);
        CheckWeights(problem.ClassWeights, problem.Classes, "class", zeroAllowed: false);
        CheckWeights(problem.SampleWeights, problem.Images, "sample", zeroAllowed: true);
        CheckFinite(problem.Similarities);
    }

    /// <exception cref="ArgumentException">The matrix is not K × P, or holds a number that is not finite.</exception>
    public static void CheckShape(LastLayerProblem problem, Matrix<float> weights, string what)
    {
        Require(weights.RowCount == problem.Classes && weights.ColumnCount == problem.Prototypes,
            $"The {what} are {weights.RowCount} × {weights.ColumnCount}; they must be {problem.Classes} classes × {problem.Prototypes} prototypes.");
        Require(weights.Enumerate(Zeros.AllowSkip).All(float.IsFinite), $"The {what} hold a number that is not finite.");
    }

    private static void CheckClasses(IReadOnlyList<int> classes, int count, string what, string remedy)
    {
        var seen = new bool[count];
        for (int i = 0; i < classes.Count; i++)
        {
            Require((uint)classes[i] < (uint)count, $"The class of {what} {i} is {classes[i]}; it must lie between 0 and {count - 1}.");
            seen[classes[i]] = true;
        }
        int absent = Array.IndexOf(seen, false);
        Require(absent < 0, $"Class {absent} has no {what}s (nor have {seen.Count(s => !s) - 1} other classes). {remedy}");
    }

    private static void CheckRange(double value, string name, string hint)
        => Require(double.IsFinite(value) && value >= 0, $"{name} is {value}; it must be finite and not negative. {hint}");

    private static void CheckWeights(IReadOnlyList<double>? weights, int count, string what, bool zeroAllowed)
    {
        if (weights is null) return;
        Require(weights.Count == count, $"There are {weights.Count} {what} weights; {count} are needed.");
        for (int i = 0; i < count; i++)
            Require(double.IsFinite(weights[i]) && (weights[i] > 0 || (zeroAllowed && weights[i] == 0)),
                $"The weight of {what} {i} is {weights[i]}; it must be finite and {(zeroAllowed ? "not negative" : "positive")}.");
        Require(weights.Sum() > 0, $"All {what} weights are zero.");
    }

    private static void CheckFinite(Matrix<float> similarities)
    {
        float[] values = similarities.AsColumnMajorArray() ?? similarities.ToColumnMajorArray();
        int bad = Array.FindIndex(values, s => !float.IsFinite(s));
        if (bad < 0) return;
        (int image, int prototype) = (bad % similarities.RowCount, bad / similarities.RowCount);
        Require(false, $"The similarity of image {image} to prototype {prototype} is {values[bad]}; all must be finite. Did training diverge?");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new ArgumentException(otherwise);
    }
}
