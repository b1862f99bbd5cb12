using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Randomness;
using Xunit;

namespace ProtoPNet.MLNet.Tests.LastLayer;

public class TemperatureTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(0.5)]
    public void Logits_that_are_too_large_by_a_factor_have_that_temperature(double factor)
    {
        const int Images = 4000, Classes = 3;
        var random = new DeterministicRandom(7);
        var logits = Matrix<float>.Build.Dense(Images, Classes);
        int[] labels = new int[Images];
        for (int i = 0; i < Images; i++)
        {
            double[] z = [.. Enumerable.Range(0, Classes).Select(_ => 1.5 * random.Normal())];
            double sum = z.Sum(Math.Exp), drawn = random.NextDouble() * sum;
            while (labels[i] < Classes - 1 && (drawn -= Math.Exp(z[labels[i]])) > 0) labels[i]++;
            for (int k = 0; k < Classes; k++) logits[i, k] = (float)(factor * z[k]);
        }
        double temperature = Temperature.Fit(logits, labels);
        Assert.Equal(factor, temperature, 0.1 * factor);
        double best = Temperature.CrossEntropy(logits, labels, temperature);
        Assert.True(best < Temperature.CrossEntropy(logits, labels, 1.05 * temperature));
        Assert.True(best < Temperature.CrossEntropy(logits, labels, temperature / 1.05));
        Assert.True(best < Temperature.CrossEntropy(logits, labels, 1));
    }

    [Fact]
    public void If_all_are_right_the_temperature_is_finite()
    {
        var logits = Matrix<float>.Build.DenseOfArray(new float[,] { { 2, 0 }, { 0, 2 }, { 2, 0 }, { 0, 2 } });
        double temperature = Temperature.Fit(logits, [0, 1, 0, 1]);
        // Four images: wrong with probability 1/6, so that softmax(2 / T) = 5/6.
        Assert.Equal(2 / Math.Log(5), temperature, 1e-6);
    }

    [Fact]
    public void Logits_without_any_difference_keep_their_temperature()
        => Assert.Equal(1, Temperature.Fit(Matrix<float>.Build.Dense(2, 3, 4f), [0, 2]));

    [Fact]
    public void What_cannot_be_fitted_to_is_refused()
    {
        var logits = Matrix<float>.Build.Dense(2, 3, (i, k) => i + k);
        Assert.Throws<ArgumentException>(() => Temperature.Fit(logits, [0]));
        Assert.Throws<ArgumentException>(() => Temperature.Fit(logits, [0, 3]));
        logits[1, 1] = float.NaN;
        Assert.Throws<ArgumentException>(() => Temperature.Fit(logits, [0, 1]));
    }
}
