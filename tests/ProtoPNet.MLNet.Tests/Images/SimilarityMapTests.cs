using System.Text.Json;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public sealed class SimilarityMapTests
{
    [Fact]
    public void Enlargement_and_boxes_are_the_published_ones()
    {
        JsonElement golden = Shared.Golden("crops.json");
        foreach (JsonElement crop in golden.ValueKind == JsonValueKind.Array ? golden.EnumerateArray().ToArray() : [golden])
        {
            (int side, int size) = (crop.GetProperty("side").GetInt32(), crop.GetProperty("size").GetInt32());
            float[,] map = new float[side, side];
            Buffer.BlockCopy(crop.GetProperty("map").Deserialize<float[]>()!, 0, map, 0, map.Length * sizeof(float));
            float[] enlarged = [.. SimilarityMap.Enlarge(map, size).Cast<float>()];
            Assert.All(crop.GetProperty("upsampled_index").Deserialize<int[]>()!.Zip(crop.GetProperty("upsampled_value").Deserialize<float[]>()!),
                pair => Assert.Equal(pair.Second, enlarged[pair.First], 1e-4));
            Assert.Equal(Box(crop, "box_95"), SimilarityMap.HighActivationBox(map, size));
            Assert.Equal(Box(crop, "box_80"), SimilarityMap.HighActivationBox(map, size, 80));
        }
    }

    private static PixelBox Box(JsonElement crop, string name)
        => crop.GetProperty(name).Deserialize<int[]>() is [int top, int bottom, int left, int right] ? new(top, bottom, left, right) : default;
}
