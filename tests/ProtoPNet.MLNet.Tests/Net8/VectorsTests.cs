using System.Runtime.Intrinsics;
using ProtoPNet.MLNet.Net8;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Net8;

/// <summary>What .NET 8 gets in place of newer members gives the same numbers.</summary>
public sealed class VectorsTests
{
    private static readonly Vector512<double> X = Vector512.Create(-700, -1.5, -1e-9, 0, 0.25, 1, 10, 700),
        Positive = Vector512.Create(1e-300, 1e-9, 0.25, 0.9999, 1, 2, 10, 1e300), Y = Vector512.Create(3, -2, 1e9, 0.5, 7, -1, 0, 1e-3);

    [Fact]
    public void Exponentials_logarithms_and_sums_are_those_of_newer_frameworks()
    {
        AssertClose(Vector512.Exp(X), Vectors.Exp(X));
        AssertClose(Vector512.Log(Positive), Vectors.Log(Positive));
        AssertClose(Vector512.MultiplyAddEstimate(X, Y, Positive), Vectors.MultiplyAddEstimate(X, Y, Positive));
    }

    [Fact]
    public void Sequences_and_conversions_are_those_of_newer_frameworks()
    {
        Assert.Equal(Vector128.CreateSequence(2.5f, -0.5f), Vectors.CreateSequence(2.5f, -0.5f));
        foreach (double value in new[] { -7.9, -0.2, 0, 3.5, 1e6 })
            Assert.Equal(double.ConvertToIntegerNative<int>(value), Vectors.ConvertToIntegerNative<int>(value));
    }

    private static void AssertClose(Vector512<double> expected, Vector512<double> actual)
    {
        for (int i = 0; i < Vector512<double>.Count; i++) Assert.Equal(expected[i], actual[i], 1e-12 * Math.Abs(expected[i]));
    }
}
