using System.Diagnostics;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Verbs;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Help and shell completion.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Verbs { get; } =
        ["", "doctor", "train", "evaluate", "predict", "explain", "prototypes", "prune", "ensemble", "bench", "inspect", "import", "export", "completion"];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_fits_100_columns(string verb)
    {
        string help = await Printed([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Contains("--help", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, HelpText.Width));
    }

    [Fact]
    public async Task Every_verb_is_listed()
    {
        string help = await Printed("--help");
        Assert.All(Verbs, verb => Assert.Contains(verb.Data, help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_shell_completes_verbs_options_and_values()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs bash.");
        string script = await Printed("completion", "bash");
        Assert.Equal("predict", await Completed(script, "protopnet pred"));
        Assert.Equal("--dataset", await Completed(script, "protopnet train --datas"));
        Assert.Equal("cars cub", await Completed(script, "protopnet train --dataset c"));
    }

    [Theory]
    [InlineData("zsh", "compdef _protopnet protopnet")]
    [InlineData("fish", "complete -c protopnet")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public async Task Other_shells_have_their_script(string shell, string what)
        => Assert.Contains(what, await Printed("completion", shell), StringComparison.Ordinal);

    /// <summary>What bash offers for a line, with the cursor at its end.</summary>
    private static async Task<string> Completed(string script, string line)
    {
        string[] words = line.Split(' ');
        string call = $$"""
            protopnet() { dotnet '{{typeof(TrainVerb).Assembly.Location}}' "$@"; }
            {{script}}
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_CWORD={{words.Length - 1}} COMP_WORDS=({{string.Join(' ', words)}})
            _protopnet
            echo ${COMPREPLY[@]}
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", call]) { RedirectStandardOutput = true })!;
        string offered = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return offered.Trim();
    }

    private static async Task<string> Printed(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, await Tool.Run(arguments, output, error, TestContext.Current.CancellationToken));
        return output.ToString();
    }
}
