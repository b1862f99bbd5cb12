using ProtoPNet.Cli;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public class PlainProgressTests
{
    [Fact]
    public void While_photographs_are_read_and_features_kept_there_is_a_line_every_few_seconds()
    {
        using var output = new StringWriter();
        var lines = new PlainProgress(output);
        TrainingProgress moment = new() { Phase = 0, Phases = 2, PhaseName = "preparation", PhaseFraction = 0, Elapsed = TimeSpan.Zero };
        for (int second = 0; second <= 11; second++)
            lines.Show(moment with { Preparing = "reading photographs", PreparedFraction = second / 20.0, Elapsed = TimeSpan.FromSeconds(second) });
        TrainingProgress first = moment with { Phase = 1, PhaseName = "joint", Elapsed = TimeSpan.FromSeconds(1) };
        lines.Show(first);
        lines.Show(first with { Preparing = "computing features to keep" });
        lines.Show(first with { Preparing = "computing features to keep", PreparedFraction = 0.5, Elapsed = TimeSpan.FromSeconds(6) });
        Assert.Equal(
            """
            [00:00:00] preparation, reading photographs
            [00:00:05] preparation, reading photographs 25 %
            [00:00:10] preparation, reading photographs 50 %
            [00:00:01] 1/2 joint
            [00:00:01] 1/2 joint, computing features to keep
            [00:00:06] 1/2 joint, computing features to keep 50 %

            """, output.ToString(), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_day_and_more_are_shown_in_hours()
    {
        using var output = new StringWriter();
        new PlainProgress(output).Show(new()
        {
            Phase = 0,
            Phases = 2,
            PhaseName = "preparation",
            PhaseFraction = 0,
            Elapsed = new(26, 3, 4),
            PhaseLeft = new(30, 0, 0),
        });
        Assert.StartsWith("[26:03:04] preparation", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("30:00:05", ClockText.Of(new(30, 0, 5)));
        Assert.Equal("00:59:59", ClockText.Of(TimeSpan.FromSeconds(3599.9)));
    }

    [Fact]
    public void Phases_and_epochs_have_a_line_each_and_long_epochs_one_a_minute()
    {
        using var output = new StringWriter();
        var lines = new PlainProgress(output);
        TrainingProgress moment = new()
        {
            Phase = 2,
            Phases = 4,
            PhaseName = "joint",
            Epochs = 6,
            PhaseFraction = 0,
            Elapsed = TimeSpan.FromSeconds(100),
        };
        lines.Show(moment);
        for (int second = 1; second <= 130; second++)
            lines.Show(moment with
            {
                Epoch = 1,
                PhaseFraction = second / 780.0,
                Elapsed = moment.Elapsed + TimeSpan.FromSeconds(second),
                ImagesPerSecond = 16,
                PhaseLeft = TimeSpan.FromSeconds(780 - second),
            });
        lines.Show(moment with
        {
            Epoch = 1,
            PhaseFraction = 1 / 6.0,
            Elapsed = TimeSpan.FromSeconds(231),
            ImagesPerSecond = 15.7,
            PhaseLeft = TimeSpan.FromSeconds(655),
            Metrics = new(0.9, 0.5, 0.25, 0.125, 1, 10, 0.75, 0.5),
        });
        Assert.Equal(
            """
            [00:01:40] 2/4 joint
            [00:02:40] 2/4 joint epoch 1/6, 8 % of the phase, 16 images/s, 00:12:00 left in this phase
            [00:03:40] 2/4 joint epoch 1/6, 15 % of the phase, 16 images/s, 00:11:00 left in this phase
            [00:03:51] 2/4 joint epoch 1/6, loss 0.9000 (cross entropy 0.500, cluster 0.250, separation 0.125), accuracy 75.0 %, validation 50.0 %, 16 images/s, 00:10:55 left in this phase

            """, output.ToString(), ignoreLineEndingDifferences: true);
    }
}
