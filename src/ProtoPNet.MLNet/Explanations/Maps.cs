namespace ProtoPNet.MLNet.Explanations;

/// <summary>Helpers for maps of cells.</summary>
internal static class Maps
{
    /// <summary>The cell with the highest value; the first in reading order if tied.</summary>
    public static (int Row, int Column) Highest(float[,] map)
    {
        (int Row, int Column) best = default;
        for (int y = 0; y < map.GetLength(0); y++)
            for (int x = 0; x < map.GetLength(1); x++)
                if (map[y, x] > map[best.Row, best.Column]) best = (y, x);
        return best;
    }
}
