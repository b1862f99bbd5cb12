using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>Solves (H + ridge) d = −gradient on a support by conjugate gradients, preconditioned by the class blocks.</summary>
internal sealed class NewtonStep(SoftmaxLoss loss)
{
    private const int MostProducts = 100;

    /// <summary>Hessian products so far.</summary>
    public int Products { get; private set; }

    /// <summary>A descent direction for the weights of the face.</summary>
    /// <param name="face">The weights; all may move unless held.</param>
    /// <param name="held">The weights held at zero.</param>
    /// <param name="slopes">Derivative of the whole objective along each.</param>
    /// <param name="at">The point at which the Hessian is evaluated.</param>
    /// <param name="blocks">The Hessian's class blocks, possibly outdated.</param>
    /// <param name="tolerance">The residual to reach, relative to that of the slopes, in the preconditioner's norm.</param>
    /// <param name="damping">Curvature to add.</param>
    public double[] Direction(Face face, bool[] held, double[] slopes, Posterior at, ClassBlocks blocks, double tolerance, double damping)
    {
        Support support = face.Support;
        double[] ridge = [.. face.Curvature.Select(c => c + damping)];
        int n = support.Count;
        Cholesky<double>?[] factors = Factorise(blocks, ridge, held);
        double[] d = new double[n], r = [.. slopes.Select(s => -s)], z = new double[n], q = new double[n];
        Precondition(blocks, factors, r, z);
        Hold(held, z);
        double[] p = [.. z];
        double rz = Dot(r, z), goal = tolerance * tolerance * rz;
        for (int i = 0; i < MostProducts && rz > goal && rz > 0; i++)
        {
            loss.HessianTimes(support, at, p, q);
            Products++;
            for (int v = 0; v < n; v++) q[v] = held[v] ? 0 : q[v] + ridge[v] * p[v];
            double curvature = Dot(p, q);
            if (!(curvature > 1e-20 * Dot(p, p))) break;
            double step = rz / curvature;
            for (int v = 0; v < n; v++)
            {
                d[v] += step * p[v];
                r[v] -= step * q[v];
            }
            Precondition(blocks, factors, r, z);
            Hold(held, z);
            double next = Dot(r, z);
            for (int v = 0; v < n; v++) p[v] = z[v] + next / rz * p[v];
            rz = next;
        }
        return d;
    }

    private static void Hold(bool[] held, double[] vector)
    {
        for (int v = 0; v < held.Length; v++)
            if (held[v]) vector[v] = 0;
    }

    private static Cholesky<double>?[] Factorise(ClassBlocks blocks, double[] ridge, bool[] held)
    {
        var factors = new Cholesky<double>?[blocks.Count];
        blocks.ForEach((i, place) =>
        {
            (_, int first, int count, double[] values) = place;
            if (count == 0) return;
            Matrix<double> block = Matrix<double>.Build.DenseOfColumnMajor(count, count, values);
            double trace = block.Trace() / count;
            for (int a = 0; a < count; a++)
            {
                if (held[first + a])
                {
                    // Left in the block, it would make the curvature of the others appear far smaller than it is.
                    block.ClearRow(a);
                    block.ClearColumn(a);
                }
                block[a, a] += ridge[first + a] + 1e-5 * trace + 1e-14;
            }
            factors[i] = block.Cholesky();
        });
        return factors;
    }

    private static void Precondition(ClassBlocks blocks, Cholesky<double>?[] factors, double[] vector, double[] result)
        => blocks.ForEach((i, place) =>
        {
            if (factors[i] is not { } factor) return;
            Vector<double> x = factor.Solve(Vector<double>.Build.DenseOfArray(vector[place.First..(place.First + place.Count)]));
            for (int a = 0; a < place.Count; a++) result[place.First + a] = x[a];
        });

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int v = 0; v < a.Length; v++) sum += a[v] * b[v];
        return sum;
    }
}
