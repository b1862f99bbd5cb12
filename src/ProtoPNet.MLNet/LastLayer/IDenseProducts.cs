using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The only dense product that the solver needs, once per Newton step; everything else is sparse. The matrices are MathNet's; libtorch multiplies
/// them ten to fifty times faster. MathNet's global provider is left unchanged.
/// </summary>
internal interface IDenseProducts
{
    /// <summary>
    /// <paramref name="product"/> (K × P) = <paramref name="residuals"/>ᵀ (K × N) <paramref name="similarities"/> (N × P), in float.
    /// </summary>
    void TransposeMultiply(DenseMatrix residuals, DenseMatrix similarities, DenseMatrix product);
}

/// <summary>The product computed by MathNet.</summary>
internal sealed class MathNetProducts : IDenseProducts
{
    public void TransposeMultiply(DenseMatrix residuals, DenseMatrix similarities, DenseMatrix product)
        => residuals.TransposeThisAndMultiply(similarities, product);
}
