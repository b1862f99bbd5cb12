namespace ProtoPNet.Cli;

/// <summary>Files named on the command line.</summary>
internal static class Given
{
    /// <summary>The path of a file that must exist.</summary>
    /// <param name="file">The file given.</param>
    /// <param name="what">What it should be, for messages: a model, a photograph.</param>
    /// <exception cref="FileNotFoundException">It does not exist or is a folder.</exception>
    public static string Existing(this FileInfo file, string what)
        => File.Exists(file.FullName) ? file.FullName
            : throw new FileNotFoundException(Directory.Exists(file.FullName)
                ? $"'{file}' is a folder, not a {what}. Give the file."
                : $"There is no {what} '{file}'.", file.FullName);
}
