using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;

namespace ProtoPNet.Cli;

/// <summary>An invalid command line: reports what is wrong with it, without pages of help.</summary>
internal sealed class UsageException(string message) : Exception(message);

internal static partial class Usage
{
    /// <summary>The command line, if it is valid or only asks for help.</summary>
    /// <exception cref="UsageException">An option is missing, unknown or has an invalid value.</exception>
    public static ParseResult Checked(ParseResult parsed)
    {
        if (parsed.Action is not ParseErrorAction || parsed.Tokens.Count == 0) return parsed;
        string command = string.Join(' ', parsed.CommandResult.Command.Parents.OfType<RootCommand>().Any()
            ? ["protopnet", parsed.CommandResult.Command.Name, "--help"]
            : (string[])["protopnet", "--help"]);
        throw new UsageException($"{string.Join(' ', parsed.Errors.Select(e => Said(e.Message)).Distinct())}\nSee '{command}'");
    }

    /// <summary>The message in one line, without .NET type names.</summary>
    private static string Said(string message)
    {
        if (Unparsable().Match(message) is { Success: true } wrong)
            message = $"{wrong.Groups[2].Value} is '{wrong.Groups[1].Value}'; it must be {(wrong.Groups[3].Value switch
            {
                "System.Int32" => "a whole number",
                "System.Double" => "a number",
                "System.IO.FileInfo" => "a file path",
                "System.IO.DirectoryInfo" => "a folder path",
                _ => "another value",
            })}.";
        return Lines().Replace(message.Trim(), " ");
    }

    [GeneratedRegex("^Cannot parse argument '(.*)' for option '(.*)' as expected type '(.*)'")]
    private static partial Regex Unparsable();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}
