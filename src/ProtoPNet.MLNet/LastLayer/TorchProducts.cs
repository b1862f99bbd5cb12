using MathNet.Numerics.LinearAlgebra.Single;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The product computed by libtorch, on the CPU. MathNet's column-major N × P is libtorch's row-major P × N, so libtorch works directly on MathNet's
/// arrays, without copying.
/// </summary>
internal sealed class TorchProducts : IDenseProducts
{
    public void TransposeMultiply(DenseMatrix residuals, DenseMatrix similarities, DenseMatrix product)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            Tensor r = View(residuals), s = View(similarities), g = View(product);
            g.copy_(mm(s, r.t()));
        }
    }

    private static Tensor View(DenseMatrix matrix) => frombuffer(matrix.Values, ScalarType.Float32).view(matrix.ColumnCount, matrix.RowCount);
}
