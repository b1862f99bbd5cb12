using ProtoPNet.Cli;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class FailuresTests
{
    private static Exception Thrown(Exception e)
    {
        try
        {
            throw e;
        }
        catch (Exception thrown)
        {
            return thrown;
        }
    }

    [Fact]
    public void Every_kind_of_exception_that_this_project_defines_is_a_message()
    {
        Assert.Equal(
            "error: The checkpoint 'c' cannot be read: it is short. Remove it to train from the beginning.",
            Failures.Text(Thrown(new CheckpointException("c", "it is short."))));
        Type[] ours = [typeof(ProtoPNetTrainer), typeof(Failures), typeof(ProtoPNet.Datasets.ImageDataset)];
        foreach (Type kind in ours.SelectMany(type => type.Assembly.GetTypes()))
            if (kind.IsAssignableTo(typeof(Exception)) && kind.GetConstructor([typeof(string), typeof(Exception)]) is { } constructor)
                Assert.Equal("error: what and why.", Failures.Text((Exception)constructor.Invoke(["what and why", null])));
    }

    [Fact]
    public void A_fault_of_the_program_is_shown_with_its_place()
    {
        string said = Failures.Text(Assert.ThrowsAny<Exception>(() => Array.Empty<int>().First()));
        Assert.Contains("bug in protopnet", said);
        Assert.Contains("   at ", said);
        Assert.Contains("   at ", Failures.Text(Assert.ThrowsAny<Exception>(() => ((string?)null)!.Length)));
    }

    [Fact]
    public void What_caused_an_exception_of_MLNet_is_said()
        => Assert.Equal(
            "One worker failed.\n  The file 'a.jpg' is gone.",
            Wording.OfTool(new InvalidOperationException("One worker failed", new IOException("The file 'a.jpg' is gone."))));

    [Fact]
    public void Words_of_the_library_become_those_of_the_command_line()
    {
        var wrong = new ArgumentOutOfRangeException("PrototypeDepth", 9, "PrototypeDepth is 9; too small.");
        Assert.Equal("--depth is 9; too small.", Wording.OfTool(wrong));
        Assert.Equal("Give a file (--weights FILE).", Wording.OfTool("Give a file (PretrainedWeights.File).."));
        Assert.Equal("To be continued...", Wording.OfTool("To be continued..."));
    }
}
