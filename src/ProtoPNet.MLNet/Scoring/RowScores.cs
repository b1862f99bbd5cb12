using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Scoring;

/// <summary>Room for the photographs of some rows, and for their scores.</summary>
internal abstract class RowScores
{
    /// <summary>Keeps the photograph of row <paramref name="at"/> as input.</summary>
    public abstract void Keep(RgbImage photograph, int at);

    /// <summary>Scores the first <paramref name="count"/> photographs in one pass.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public abstract void Score(int count);

    /// <summary>The getters of the new columns; <paramref name="at"/> returns the current row.</summary>
    public abstract Delegate[] Getters(Func<int> at);

    /// <summary>The key of the highest score. Keys are 1-based; 0 means missing, for scores that are NaN.</summary>
    protected static uint Key(ReadOnlySpan<float> scores)
    {
        int best = -1;
        for (int k = 0; k < scores.Length; k++)
            if (!float.IsNaN(scores[k]) && (best < 0 || scores[k] > scores[best])) best = k;
        return (uint)(best + 1);
    }
}

/// <summary>Photographs as one model's input (rows × 3 × S × S), and its scores of them.</summary>
internal sealed class ModelInput(ISharedScorer model, int rows)
{
    private readonly int _perRow = 3 * model.ImageSize * model.ImageSize;
    private readonly ArraySegment<float> _pixels = AlignedPixels.Allocate(rows * 3 * model.ImageSize * model.ImageSize);

    public ImageScores Scores { get; private set; }

    /// <inheritdoc cref="RowScores.Keep"/>
    public void Keep(RgbImage photograph, int at)
        => NetworkInput.Render(photograph, model.ImageSize, model.Normalisation, _pixels.AsSpan(at * _perRow, _perRow));

    /// <inheritdoc cref="RowScores.Score"/>
    public void Score(int count) => Scores = model.Score(_pixels, count);
}
