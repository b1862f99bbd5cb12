using System.CommandLine;

namespace ProtoPNet.Cli;

/// <summary>The option <c>--force</c>: without it no finished file of an earlier run is replaced.</summary>
internal sealed class Replacement
{
    private readonly Option<bool> _force = new("--force") { Description = "Replace what an earlier run has written there." };

    public void AddTo(Command command) => command.Add(_force);

    /// <exception cref="IOException">The file is there, and may not be replaced.</exception>
    public void Check(ParseResult parsed, string path)
    {
        if (File.Exists(path) && !parsed.GetValue(_force))
            throw new IOException($"'{path}' is there already. Choose another place, or add --force to replace it.");
    }
}
