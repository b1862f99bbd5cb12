using ProtoPNet.MLNet.Training;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Compares the cross entropy of the training loss with its definition; the other parts are compared with the authors' code.</summary>
public sealed class ProtoPNetLossTests
{
    private static readonly float[][] Logits = [[4, -1, 0.5f], [-2, 3, 3.5f]];
    private static readonly int[] Labels = [0, 1];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(1, 0.2)]
    [InlineData(3, 0.1)]
    public void Cross_entropy_is_of_divided_logits_and_smoothed_labels(double temperature, double smoothing)
    {
        using var scope = NewDisposeScope();
        using var loss = new ProtoPNetLoss(new(LabelSmoothing: smoothing, Temperature: temperature), [0, 1, 2], classes: 3, patchValues: 4, CPU);
        LossTensors parts = loss.Of(
            new(tensor(Logits.SelectMany(row => row).ToArray()).reshape(2, 3), ones(2, 3)), tensor(Labels.Select(l => (long)l).ToArray()), zeros(3, 3));
        double expected = Logits.Zip(Labels, (row, label) => -Enumerable.Range(0, 3).Sum(k =>
            (smoothing / 3 + (k == label ? 1 - smoothing : 0))
            * (row[k] / temperature - Math.Log(row.Sum(z => Math.Exp(z / temperature)))))).Average();
        Assert.Equal(expected, parts.CrossEntropy.item<float>(), 1e-6);
        Assert.Equal(1, parts.Correct.item<float>());
    }
}
