using System.CommandLine;

namespace ProtoPNet.Cli;

/// <summary>The option <c>--force</c>: without it, finished files of an earlier run are not replaced.</summary>
internal sealed class Replacement
{
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite files written by an earlier run." };

    public void AddTo(Command command) => command.Add(_force);

    /// <param name="parsed">The command line.</param>
    /// <param name="path">The file that would be replaced.</param>
    /// <param name="instead">What to do instead of replacing it.</param>
    /// <exception cref="IOException">The file exists and may not be replaced.</exception>
    public void Check(ParseResult parsed, string path, string instead = "Choose another path")
    {
        if (File.Exists(path) && !parsed.GetValue(_force))
            throw new IOException($"'{path}' already exists. {instead}, or add --force to replace it.");
    }
}
