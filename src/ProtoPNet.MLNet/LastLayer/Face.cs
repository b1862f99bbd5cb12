namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The active weights at a point, each with its gradient and the sign it is confined to: on such a face the objective is smooth.
/// </summary>
internal sealed class Face
{
    /// <summary>A weight that shrinks to this share of itself counts as zero: the rest is rounding.</summary>
    private const double Rounding = 1e-14;

    private readonly int _prototypes;
    private readonly bool[] _offClass;
    private readonly OwnClassTerm[] _own;

    private Face(int prototypes, double l1, Support support)
    {
        (_prototypes, L1, Support) = (prototypes, l1, support);
        (_offClass, _own) = (new bool[support.Count], new OwnClassTerm[support.Count]);
        (Weights, Gradient, Curvature) = (new double[support.Count], new double[support.Count], new double[support.Count]);
    }

    /// <summary>The penalty on an off-class connection: the problem's λ, or a higher value on the way down to it.</summary>
    public double L1 { get; }

    public Support Support { get; }

    public double[] Weights { get; }

    /// <summary>Gradient of the cross entropy.</summary>
    public double[] Gradient { get; }

    /// <summary>Curvature of the penalty.</summary>
    public double[] Curvature { get; }

    /// <summary>Off-class weights that are not zero.</summary>
    public int Connections => Enumerable.Range(0, Weights.Length).Count(v => _offClass[v] && Weights[v] != 0);

    public static Face At(LastLayerProblem problem, OwnClassTerm[] own, double l1, double[] weights, Support support)
    {
        var face = new Face(problem.Prototypes, l1, support);
        for (int k = 0; k < support.Classes; k++)
        {
            for (int v = support.Starts[k]; v < support.Starts[k + 1]; v++)
            {
                face._offClass[v] = problem.IsOffClass(k, support.Columns[v]);
                face.Weights[v] = weights[k * problem.Prototypes + support.Columns[v]];
                if (face._offClass[v]) continue;
                (face._own[v], face.Curvature[v]) = (own[k], own[k].Ridge);
            }
        }
        return face;
    }

    public bool IsOffClass(int v) => _offClass[v];

    /// <summary>The penalty on an own-class weight.</summary>
    public OwnClassTerm Own(int v) => _own[v];

    public double Penalty(double[] weights, double l1)
    {
        double sum = 0;
        for (int v = 0; v < weights.Length; v++)
            sum += _offClass[v] ? l1 * Math.Abs(weights[v]) : _own[v].Value(weights[v]);
        return sum;
    }

    /// <summary>The sign a weight is confined to: −1, 1, or 0 if both are allowed or it is held at zero.</summary>
    private int Side(int v)
    {
        if (!_offClass[v]) return _own[v].NonNegative ? 1 : 0;
        if (Weights[v] != 0) return Math.Sign(Weights[v]);
        return Gradient[v] > L1 ? -1 : Gradient[v] < -L1 ? 1 : 0;
    }

    /// <summary>Derivative of the whole objective along each weight, for its sign; 0 if the weight is held at zero.</summary>
    public double[] Slopes()
    {
        var slopes = new double[Weights.Length];
        for (int v = 0; v < slopes.Length; v++)
        {
            slopes[v] = _offClass[v]
                ? Weights[v] == 0 && Side(v) == 0 ? 0 : Gradient[v] + L1 * Side(v)
                : Gradient[v] + _own[v].Slope(Weights[v]);
            if (Weights[v] == 0 && Side(v) * slopes[v] > 0) slopes[v] = 0;
        }
        return slopes;
    }

    /// <summary>Marks as held those zero weights that a direction would give a sign not allowed to them.</summary>
    /// <returns>Whether any weight was newly held.</returns>
    public bool Hold(double[] direction, bool[] held)
    {
        bool more = false;
        for (int v = 0; v < held.Length; v++)
        {
            if (held[v] || Weights[v] != 0 || Side(v) * direction[v] > 0 || (!_offClass[v] && Side(v) == 0)) continue;
            held[v] = more = true;
        }
        return more;
    }

    /// <summary>The first-order change of the objective toward other weights of the face.</summary>
    public double Slope(double[] slopes, double[] weights)
    {
        double sum = 0;
        for (int v = 0; v < slopes.Length; v++) sum += slopes[v] * (weights[v] - Weights[v]);
        return sum;
    }

    /// <summary>The number of weights that are zero in exactly one of the two points.</summary>
    public int Changes(double[] weights)
    {
        int changes = 0;
        for (int v = 0; v < weights.Length; v++)
            if (weights[v] == 0 != (Weights[v] == 0)) changes++;
        return changes;
    }

    /// <summary>The weights at a fraction of the way to <paramref name="target"/>.</summary>
    public double[] Toward(double[] target, double step)
        => step == 1 ? target : [.. Weights.Select((w, v) => w + step * (target[v] - w))];

    /// <summary>The step at which the first weight of the face crosses zero, if less than 1; else 1.</summary>
    public double Crossing(double[] direction)
    {
        double crossing = 1;
        for (int v = 0; v < direction.Length; v++)
            if (Weights[v] != 0 && Side(v) * direction[v] < 0) crossing = Math.Min(crossing, -Weights[v] / direction[v]);
        return crossing;
    }

    /// <summary>The weights after a step; those that would change sign stop at zero.</summary>
    public double[] Project(double[] direction, double step)
    {
        var weights = new double[Weights.Length];
        for (int v = 0; v < weights.Length; v++)
        {
            double moved = Weights[v] + step * direction[v];
            bool there = Side(v) != 0 && Side(v) * moved < Rounding * Math.Abs(Weights[v]);
            weights[v] = there ? 0 : moved;
        }
        return weights;
    }

    /// <summary>Writes weights of this support into the dense K × P array.</summary>
    public void Scatter(double[] values, double[] into)
    {
        for (int k = 0; k < Support.Classes; k++)
            for (int v = Support.Starts[k]; v < Support.Starts[k + 1]; v++)
                into[k * _prototypes + Support.Columns[v]] = values[v];
    }
}
