using System.CommandLine;
using System.CommandLine.Invocation;

namespace ProtoPNet.Cli;

/// <summary>A command line that cannot be understood: what is wrong with it, without pages of help.</summary>
internal sealed class UsageException(string message) : Exception(message);

internal static class Usage
{
    /// <summary>The command line itself where it can be understood, or where nothing but help was wanted.</summary>
    /// <exception cref="UsageException">An option is missing, unknown or has an impossible value.</exception>
    public static ParseResult Checked(ParseResult parsed)
    {
        if (parsed.Action is not ParseErrorAction || parsed.Tokens.Count == 0) return parsed;
        string command = string.Join(' ', parsed.CommandResult.Command.Parents.OfType<RootCommand>().Any()
            ? ["protopnet", parsed.CommandResult.Command.Name, "--help"]
            : (string[])["protopnet", "--help"]);
        throw new UsageException($"{string.Join(' ', parsed.Errors.Select(e => e.Message).Distinct())}\nSee '{command}'");
    }
}
