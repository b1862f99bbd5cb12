using System.CommandLine;
using System.CommandLine.Help;

namespace ProtoPNet.Cli;

/// <summary>Help that can be read: lines of a readable length, short names for values.</summary>
internal static class HelpText
{
    /// <summary>The longest line, in characters; narrower in narrower terminals.</summary>
    public const int Width = 100;

    /// <summary>The same command with readable help.</summary>
    public static RootCommand Readable(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Clear();
        help.Aliases.Add("-h");
        if (help.Action is HelpAction action) action.MaxWidth = Math.Min(action.MaxWidth, Width);
        foreach (Option option in root.Subcommands.SelectMany(command => command.Options)) option.HelpName ??= Value(option.ValueType);
        return root;
    }

    /// <summary>A short name for a value; null to leave it as it is: a choice of words, or nothing.</summary>
    private static string? Value(Type type) => (Nullable.GetUnderlyingType(type) ?? type.GetElementType() ?? type) switch
    {
        var number when number == typeof(int) || number == typeof(double) => "N",
        var file when file == typeof(FileInfo) => "FILE",
        var folder when folder == typeof(DirectoryInfo) => "FOLDER",
        _ => null,
    };
}
