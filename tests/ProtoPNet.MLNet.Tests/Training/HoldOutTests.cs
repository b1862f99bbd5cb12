using Microsoft.ML;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class HoldOutTests
{
    [Fact]
    public void No_class_loses_more_than_half_of_its_images()
    {
        TrainingImage[] images = [.. Enumerable.Range(1, 12)
            .SelectMany(n => Enumerable.Range(0, n).Select(i => new TrainingImage(i, $"{n}/{i}", n - 1)))];
        foreach (double fraction in (double[])[0.05, 0.1, 0.3, 0.5])
        {
            HashSet<int> held = TrainingImages.HoldOut(images, fraction, seed: 1);
            for (int n = 1; n <= 12; n++)
            {
                int ofClass = held.Count(i => images[i].Label == n - 1);
                Assert.InRange(ofClass, n >= 5 ? 1 : 0, n / 2);
            }
        }
    }

    [Theory]
    [InlineData(0.99)]
    [InlineData(0.51)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Shares_that_leave_too_little_to_learn_from_are_refused(double share)
    {
        ProtoPNetTrainer.Options options = new() { ValidationFraction = share };
        Assert.Contains(
            "it must be from 0 to 0.5",
            Assert.ThrowsAny<ArgumentException>(() => new MLContext().MulticlassClassification.Trainers.ProtoPNet(options)).Message);
    }
}
