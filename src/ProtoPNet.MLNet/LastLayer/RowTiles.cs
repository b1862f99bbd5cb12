using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// The similarities (N × P) as tiles of <see cref="Height"/> images. A tile stays in the processor's cache while all classes use it, and the sums
/// over its images stay in registers. The matrix is not copied, except for the rows of an incomplete last tile. Tiles are grouped into a fixed
/// number of strips, each processed by one thread; strips are summed in order, so that results do not depend on the number of threads.
/// </summary>
internal sealed class RowTiles
{
    /// <summary>Images in a tile: eight vectors of eight doubles.</summary>
    public const int Height = 64;

    private const int MostStrips = 16;

    /// <summary>With fewer similarities than this, synchronising threads costs more than it saves.</summary>
    private const long LeastToShare = 1_000_000;

    private readonly float[] _values;
    private readonly float[] _last;

    public RowTiles(Matrix<float> similarities)
    {
        (Images, Prototypes) = (similarities.RowCount, similarities.ColumnCount);
        _values = similarities.AsColumnMajorArray() ?? similarities.ToColumnMajorArray();
        Matrix = new DenseMatrix(Images, Prototypes, _values);
        Tiles = (Images + Height - 1) / Height;
        _last = new float[Prototypes * Height];
        int first = (Tiles - 1) * Height;
        for (int j = 0; j < Prototypes; j++)
            _values.AsSpan(j * Images + first, Images - first).CopyTo(_last.AsSpan(j * Height));
        Strips = Math.Min(MostStrips, Tiles);
    }

    public int Images { get; }

    public int Prototypes { get; }

    public int Tiles { get; }

    public int Strips { get; }

    /// <summary>The similarities as MathNet's dense matrix, sharing the same memory.</summary>
    public DenseMatrix Matrix { get; }

    /// <summary>The similarities of all images to one prototype (N).</summary>
    public ReadOnlySpan<float> Column(int prototype) => new(_values, prototype * Images, Images);

    /// <summary>The first similarity of a tile, and the stride between prototypes.</summary>
    public ref float Tile(int tile, out nint stride)
    {
        if (tile == Tiles - 1)
        {
            stride = Height;
            return ref MemoryMarshal.GetArrayDataReference(_last);
        }
        stride = Images;
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_values), (nint)tile * Height);
    }

    /// <summary>Runs <paramref name="body"/> (strip, first tile, end of tiles) for all strips, in parallel.</summary>
    public void ForEachStrip(Action<int, int, int> body)
        => Work.For(Strips, (long)Images * Prototypes >= LeastToShare, strip => body(strip, First(strip), First(strip + 1)));

    private int First(int strip) => (int)((long)Tiles * strip / Strips);
}
