using System.Numerics.Tensors;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Minimises gᵀd + ½ dᵀ M d + penalty(w + d) with M the class blocks: they are independent, and each is a small
/// ℓ₁-penalised quadratic, solved by coordinate descent.
/// </summary>
internal static class ProximalStep
{
    private const int MostSweeps = 200;
    private const double Tolerance = 1e-3;

    public static double[] Target(Face face, ClassBlocks blocks, double damping)
    {
        var target = (double[])face.Weights.Clone();
        blocks.ForEach((_, block) => Minimise(face, block, damping, target));
        return target;
    }

    private static void Minimise(Face face, ClassBlock place, double damping, double[] target)
    {
        (_, int first, int count, double[] block) = place;
        Span<double> x = target.AsSpan(first, count);
        double[] q = face.Gradient[first..(first + count)];
        double least = 1e-12;
        for (int a = 0; a < count; a++) least = Math.Max(least, 1e-9 * block[a * count + a]);
        damping = Math.Max(damping, least);
        double price = face.L1;
        for (int a = 0; a < count; a++)
            if (face.Own(first + a).Price is > 0 and var own) price = Math.Min(price, own);
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            double moved = 0;
            for (int a = 0; a < count; a++)
            {
                double curvature = block[a * count + a] + damping, old = x[a], z = curvature * old - q[a];
                double minimum = !face.IsOffClass(first + a) ? face.Own(first + a).Minimum(curvature, z)
                    : Math.Abs(z) <= face.L1 ? 0
                    : (z - Math.Sign(z) * face.L1) / curvature;
                double change = minimum - old;
                if (change == 0) continue;
                x[a] = minimum;
                TensorPrimitives.MultiplyAdd(block.AsSpan(a * count, count), change, q, q);
                q[a] += damping * change;
                moved = Math.Max(moved, curvature * Math.Abs(change));
            }
            if (moved <= Tolerance * price) break;
        }
    }
}
