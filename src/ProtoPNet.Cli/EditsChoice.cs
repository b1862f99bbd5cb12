using System.CommandLine;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.Cli;

/// <summary>The options <c>--edits</c> and <c>--by</c>: edits from a file, and who made them.</summary>
internal sealed class EditsChoice
{
    /// <summary>Far above any real file.</summary>
    private const int MostBytes = 16 << 20;

    private readonly Option<FileInfo?> _edits = new("--edits")
    {
        Description = "A file of edits, as 'protopnet serve' exports it: prototypes to strike out, merge or rename, regions to forbid.",
    };
    private readonly Option<string?> _by = new("--by")
    {
        Description = "Who made the edits, for the model's description. Default: the current user.",
    };

    public void AddTo(Command command)
    {
        command.Add(_edits);
        command.Add(_by);
    }

    /// <summary>The edits; null if none were given.</summary>
    /// <exception cref="FormatException">The file holds no edits; the message says what is wrong.</exception>
    public ModelRevision? Revision(ParseResult parsed)
    {
        if (parsed.GetValue(_edits) is not { } file)
            return parsed.GetValue(_by) is null ? null : throw new ArgumentException("--by names who made the edits: give --edits, too.");
        string path = file.Existing("file of edits");
        if (new FileInfo(path).Length > MostBytes) throw new FormatException($"'{file}' has more than {MostBytes} bytes: it is no file of edits.");
        try
        {
            return new(parsed.GetValue(_by) ?? Environment.UserName, DateTimeOffset.UtcNow, ModelEditsJson.Read(File.ReadAllText(path)).Edits);
        }
        catch (FormatException e)
        {
            throw new FormatException($"'{file}' holds no edits: {e.Message}", e);
        }
    }
}
