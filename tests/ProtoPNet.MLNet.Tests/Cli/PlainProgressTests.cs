using ProtoPNet.Cli;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public class PlainProgressTests
{
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
