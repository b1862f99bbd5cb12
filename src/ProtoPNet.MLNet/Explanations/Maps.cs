using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Helpers for maps of cells.</summary>
internal static class Maps
{
    /// <summary>One of several maps (M × H × W).</summary>
    public static float[,] Of(float[,,] maps, int which)
    {
        float[,] map = new float[maps.GetLength(1), maps.GetLength(2)];
        Buffer.BlockCopy(maps, which * map.Length * sizeof(float), map, 0, map.Length * sizeof(float));
        return map;
    }

    /// <summary>Several maps (M × H × W).</summary>
    public static float[,,] Of(Tensor maps)
    {
        float[,,] cells = new float[maps.shape[0], maps.shape[1], maps.shape[2]];
        Buffer.BlockCopy(maps.cpu().contiguous().data<float>().ToArray(), 0, cells, 0, cells.Length * sizeof(float));
        return cells;
    }

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
