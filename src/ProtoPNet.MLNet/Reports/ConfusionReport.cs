using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Reports;

/// <summary>What a model takes the photographs of each class for.</summary>
public sealed class ConfusionReport
{
    private readonly IReadOnlyList<IReadOnlyList<int>> _counts;

    /// <param name="classNames">The K classes.</param>
    /// <param name="counts">Photographs by true class (rows) and predicted class (columns): K × K.</param>
    /// <exception cref="ArgumentException">The numbers are not K × K.</exception>
    public ConfusionReport(IReadOnlyList<string> classNames, IReadOnlyList<IReadOnlyList<int>> counts)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count != classNames.Count || counts.Any(row => row.Count != classNames.Count))
            throw new ArgumentException($"The counts are not {classNames.Count} × {classNames.Count}.", nameof(counts));
        (_counts, ClassNames) = (counts, classNames);
        Classes = [.. classNames.Select((name, k) => new ConfusedClass(name, counts[k].Sum(), counts.Sum(row => row[k]), counts[k][k]))];
        Confusions =
        [
            .. from actual in Enumerable.Range(0, classNames.Count)
               from predicted in Enumerable.Range(0, classNames.Count)
               where actual != predicted && counts[actual][predicted] > 0
               orderby counts[actual][predicted] descending, actual, predicted
               select new Confusion(classNames[actual], classNames[predicted], counts[actual][predicted]),
        ];
    }

    /// <summary>The same of the matrix of ML.NET's <c>Evaluate</c>.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="classNames">Its classes, in the order of the model.</param>
    public static ConfusionReport Of(ConfusionMatrix matrix, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return new(classNames, [.. matrix.Counts.Select(row => (IReadOnlyList<int>)[.. row.Select(count => (int)count)])]);
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The figures of each class.</summary>
    public IReadOnlyList<ConfusedClass> Classes { get; }

    /// <summary>The mistakes that occur, the most frequent first.</summary>
    public IReadOnlyList<Confusion> Confusions { get; }

    /// <summary>All photographs.</summary>
    public int Images => Classes.Sum(one => one.Images);

    /// <summary>Those classified correctly.</summary>
    public int Correct => Classes.Sum(one => one.Correct);

    /// <summary>The number of photographs of a class that are taken for a class.</summary>
    /// <param name="actual">The true class, 0-based.</param>
    /// <param name="predicted">The predicted class, 0-based.</param>
    public int this[int actual, int predicted] => _counts[actual][predicted];
}

/// <summary>A class of a <see cref="ConfusionReport"/>; shares are from 0 to 1, null where their denominator is 0.</summary>
/// <param name="Name">The class.</param>
/// <param name="Images">Its photographs.</param>
/// <param name="Predicted">The photographs taken for it, rightly or not.</param>
/// <param name="Correct">Those of them that are of this class.</param>
public sealed record ConfusedClass(string Name, int Images, int Predicted, int Correct)
{
    /// <summary>The share of its photographs that are recognised.</summary>
    public double? Recall => Share(Correct, Images);

    /// <summary>The share of the photographs taken for it that are of this class.</summary>
    public double? Precision => Share(Correct, Predicted);

    /// <summary>The harmonic mean of recall and precision.</summary>
    public double? F1 => Share(2 * Correct, Images + Predicted);

    private static double? Share(int of, int all) => all > 0 ? (double)of / all : null;
}

/// <summary>A mistake: photographs of one class that are taken for another.</summary>
/// <param name="Actual">The true class.</param>
/// <param name="Predicted">The predicted class.</param>
/// <param name="Images">The number of photographs.</param>
public sealed record Confusion(string Actual, string Predicted, int Images);
