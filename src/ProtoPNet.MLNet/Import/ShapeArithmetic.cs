using ProtoPNet.MLNet.Weights.Onnx;

namespace ProtoPNet.MLNet.Import;

/// <summary>
/// The shape arithmetic that exporters leave in graphs. Evaluated for several image sizes at once: equal results are constants.
/// </summary>
internal static class ShapeArithmetic
{
    /// <summary>The result of a node all of whose inputs are numbers; null if it is not shape arithmetic.</summary>
    public static Numbers? Compute(OnnxNode node, IReadOnlyList<Numbers> x)
    {
        if (x.Count == 0) return null;
        Numbers first = x[0];
        switch (node.Operator)
        {
            case "Identity": return first;
            case "Cast": return Cast(first, node.Whole("to", 1) is 2 or 3 or 5 or 6 or 7);
            case "Floor": return Each(first, Math.Floor);
            case "Ceil": return Each(first, Math.Ceiling);
            case "Neg": return Each(first, n => -n);
            case "Sqrt": return Each(first, Math.Sqrt);
            case "Add" when x.Count == 2: return Pair(x, (a, b) => a + b);
            case "Sub" when x.Count == 2: return Pair(x, (a, b) => a - b);
            case "Mul" when x.Count == 2: return Pair(x, (a, b) => a * b);
            case "Div" when x.Count == 2: return Pair(x, first.Whole ? DivideWhole : (a, b) => a / b);
            case "Concat": return Vector([.. first.Probes.Select((_, p) => x.SelectMany(v => v.Probes[p]).ToArray())], first.Whole);
            case "Gather" when x.Count == 2: return Gather(first, x[1]);
            case "Slice" when x.Count >= 3: return Slice(first, x);
            case "Squeeze": return first.Probes[0].Length == 1 ? first with { Shape = [] } : Vector(first.Probes, first.Whole);
            case "Unsqueeze" or "Reshape" or "Flatten": return Vector(first.Probes, first.Whole);
            case "ReduceProd": return new([], [.. first.Probes.Select(p => new[] { p.Aggregate(1.0, (n, d) => n * d) })], first.Whole);
            default: return null;
        }
    }

    private static Numbers Vector(IReadOnlyList<double[]> probes, bool whole)
    {
        if (probes[0].Length > Numbers.Most) throw new NotReadException("it computes with too many numbers");
        return new([probes[0].Length], probes, whole);
    }

    private static Numbers Cast(Numbers x, bool whole) => (whole ? Each(x, Math.Truncate) : x) with { Whole = whole };

    private static Numbers Each(Numbers x, Func<double, double> function)
        => x with { Probes = [.. x.Probes.Select(p => p.Select(function).ToArray())] };

    private static Numbers Pair(IReadOnlyList<Numbers> x, Func<double, double, double> function)
    {
        (Numbers one, Numbers other) = (x[0], x[1]);
        int n = one.Probes[0].Length, m = other.Probes[0].Length, length = n == 1 ? m : n;
        if (n != m && n != 1 && m != 1) throw new NotReadException("its inputs do not go together");
        double[][] probes = [.. one.Probes.Select((_, p) => Enumerable.Range(0, length)
            .Select(i => function(one.Probes[p][n == 1 ? 0 : i], other.Probes[p][m == 1 ? 0 : i])).ToArray())];
        return new(one.Shape.Length >= other.Shape.Length && n >= m ? one.Shape : other.Shape, probes, one.Whole && other.Whole);
    }

    private static double DivideWhole(double a, double b) => b == 0 ? throw new NotReadException("it divides by 0") : Math.Truncate(a / b);

    private static Numbers Gather(Numbers from, Numbers places)
    {
        double[][] probes = [.. from.Probes.Select((values, p) => places.Probes[p].Select(at =>
        {
            double place = at < 0 ? at + values.Length : at;
            return place >= 0 && place < values.Length ? values[(int)place] : throw new NotReadException($"it takes number {at} of {values.Length}");
        }).ToArray())];
        return new(places.Shape, probes, from.Whole);
    }

    private static Numbers Slice(Numbers from, IReadOnlyList<Numbers> x)
    {
        if (x.Any(v => v.Probes[0].Length == 0) || (x.Count > 4 && x[4].Probes[0][0] != 1)) throw new NotReadException("it takes numbers with gaps");
        double[][] probes = [.. from.Probes.Select((values, p) =>
        {
            int begin = Place(x[1].Probes[p][0]), end = Place(x[2].Probes[p][0]);
            return begin < end ? values[begin..end] : [];

            int Place(double at) => (int)Math.Clamp(at < 0 ? at + values.Length : at, 0, values.Length);
        })];
        if (probes.Any(p => p.Length != probes[0].Length)) throw new NotReadException("how many numbers it takes depends on the image's size");
        return Vector(probes, from.Whole);
    }
}
