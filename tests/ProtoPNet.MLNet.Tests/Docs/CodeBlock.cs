using Xunit;

namespace ProtoPNet.MLNet.Tests.Docs;

/// <summary>A block of code in a document.</summary>
/// <param name="File">The document, relative to the repository.</param>
/// <param name="Line">The line of its first line of code, from 1.</param>
/// <param name="Language">The word after the fence.</param>
/// <param name="Code">The code.</param>
internal sealed record CodeBlock(string File, int Line, string Language, string Code)
{
    private const string Fence = "```";

    private static readonly string[] s_documents = ["README.md", "CONTRIBUTING.md", "docs/*.md", "examples/*.md", "src/*/PACKAGE.md"];

    /// <summary>All blocks of a language in the repository's documents.</summary>
    public static IReadOnlyList<CodeBlock> In(string language) => [.. s_documents.SelectMany(Files).SelectMany(Of).Where(block => block.Language == language)];

    private static IEnumerable<string> Files(string pattern)
    {
        string[] parts = pattern.Split('/');
        IEnumerable<string> folders = [Shared.Root];
        foreach (string part in parts[..^1]) folders = folders.SelectMany(folder => Directory.EnumerateDirectories(folder, part));
        return folders.SelectMany(folder => Directory.EnumerateFiles(folder, parts[^1])).Select(file => Path.GetRelativePath(Shared.Root, file))
            .Order(StringComparer.Ordinal);
    }

    private static IEnumerable<CodeBlock> Of(string file)
    {
        string[] lines = System.IO.File.ReadAllLines(Path.Combine(Shared.Root, file));
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal)) continue;
            int end = Array.FindIndex(lines, i + 1, line => line.StartsWith(Fence, StringComparison.Ordinal));
            Assert.True(end > i, $"{file}, line {i + 1}: the block does not end.");
            yield return new(file, i + 2, lines[i][Fence.Length..].Trim(), string.Join('\n', lines[(i + 1)..end]));
            i = end;
        }
    }
}
