using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Collects the similarities of images (or of several views of each) batch by batch into the matrix that the solver uses.
/// Memory: 4 N P bytes, allocated at the start; nothing is copied afterwards.
/// </summary>
internal sealed class SimilarityCollector
{
    private readonly DenseMatrix _matrix;

    /// <param name="images">Rows N: images × views.</param>
    /// <param name="prototypes">Columns P.</param>
    /// <exception cref="ArgumentException">The matrix has more elements than an array can hold.</exception>
    public SimilarityCollector(int images, int prototypes)
    {
        if ((long)images * prototypes > Array.MaxLength)
            throw new ArgumentException($"The similarities of {images} views to {prototypes} prototypes are more than {Array.MaxLength} numbers; "
                + "use fewer views of each image for the last layer.");
        _matrix = new DenseMatrix(images, prototypes);
    }

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a batch: rows × P similarities, image by image.</summary>
    /// <exception cref="ArgumentException">The batch is not a whole number of rows, or has more rows than are left.</exception>
    public void Add(ReadOnlySpan<float> rows)
    {
        int prototypes = _matrix.ColumnCount, images = _matrix.RowCount, count = rows.Length / prototypes;
        if (rows.Length % prototypes != 0) throw new ArgumentException($"{rows.Length} numbers are not rows of {prototypes} similarities.");
        if (Count + count > images) throw new ArgumentException($"There is room for {images} rows; {Count} are filled, and {count} do not fit.");
        float[] values = _matrix.Values;
        for (int j = 0; j < prototypes; j++)
            for (int i = 0; i < count; i++) values[j * images + Count + i] = rows[i * prototypes + j];
        Count += count;
    }

    /// <summary>The matrix (N × P), once it is full.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public Matrix<float> Similarities => Count == _matrix.RowCount
        ? _matrix
        : throw new InvalidOperationException($"Only {Count} of {_matrix.RowCount} rows have been collected.");
}
