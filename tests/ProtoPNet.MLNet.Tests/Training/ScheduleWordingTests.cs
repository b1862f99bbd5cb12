using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>How a schedule is printed.</summary>
public sealed class ScheduleWordingTests
{
    [Fact]
    public void A_schedule_is_printed_in_the_words_of_its_file()
    {
        TrainingSchedule schedule = new()
        {
            Phases =
            [
                new WarmUp(3) { Loss = new LossWeights { Temperature = 2 } }, new Projection(),
                new LastLayerFit { Choice = new L1Choice.ByValidation() },
                new LastLayerFit { OwnClass = new OwnClassPenalty.Sparse(0.02), OwnClassChoice = new(0.5, 0.01, 6) },
            ],
        };
        string[] lines = schedule.ToText().Split(Environment.NewLine);
        Assert.Equal(5, lines.Length);
        Assert.StartsWith("1. warmUp (", lines[0], StringComparison.Ordinal);
        foreach (string words in new[] { "epochs 3", "decay ", "temperature 2, concentration 0, pooled 0)" }) Assert.Contains(words, lines[0], StringComparison.Ordinal);
        Assert.Equal("2. projection (distinct false)", lines[1]);
        Assert.Contains("choice by validation (largest ", lines[2], StringComparison.Ordinal);
        Assert.Contains("ownClass towardOne (ridge 0.0001)", lines[2], StringComparison.Ordinal);
        Assert.Contains("ownClass sparse (l1 0.02), ownClassChoice (largest 0.5, smallest 0.01, count 6)", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("for all phases: ", lines[4], StringComparison.Ordinal);
        foreach (string words in new[] { "loss (crossEntropy 1, ", "augmentation (rotationDegrees 15, ", "smallestArea 1, ", "precision full", "epsilon 0.0001" })
            Assert.Contains(words, lines[4], StringComparison.Ordinal);
        Assert.DoesNotContain("{", string.Concat(lines), StringComparison.Ordinal);
        Assert.DoesNotContain("name ", string.Concat(lines), StringComparison.Ordinal);
    }
}
