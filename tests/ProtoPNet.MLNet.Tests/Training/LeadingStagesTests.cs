using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class LeadingStagesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(4, 3)]
    [InlineData(1000, 3)]
    [InlineData(-1, 3)]
    [InlineData(-2, 2)]
    [InlineData(-4, 0)]
    [InlineData(-9, 0)]
    public void Stages_are_counted_from_either_end_and_the_last_one_learns(int wanted, int frozen)
        => Assert.Equal(frozen, LeadingStages.Frozen(wanted, stages: 4));

    [Fact]
    public void The_only_stage_learns()
    {
        Assert.Equal(0, LeadingStages.Frozen(-1, stages: 1));
        Assert.Equal(0, LeadingStages.Frozen(3, stages: 1));
    }
}
