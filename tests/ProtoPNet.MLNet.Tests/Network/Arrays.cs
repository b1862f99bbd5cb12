using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

/// <summary>Reads numbers from tensors and compares them with a tolerance.</summary>
internal static class Arrays
{
    public static float[] Floats(this Tensor tensor)
    {
        using Tensor flat = tensor.detach().cpu().contiguous();
        return flat.data<float>().ToArray();
    }

    public static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Number {i} is {actual[i]}, expected {expected[i]} ± {tolerance}.");
    }
}
