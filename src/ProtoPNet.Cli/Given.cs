namespace ProtoPNet.Cli;

/// <summary>Files that the command line names.</summary>
internal static class Given
{
    /// <summary>The path of a file that must be there.</summary>
    /// <param name="file">What was given.</param>
    /// <param name="what">What it is to be: a model, a photograph.</param>
    /// <exception cref="FileNotFoundException">There is none, or it is a folder.</exception>
    public static string Existing(this FileInfo file, string what)
        => File.Exists(file.FullName) ? file.FullName
            : throw new FileNotFoundException(Directory.Exists(file.FullName)
                ? $"'{file}' is a folder, not a {what}. Name the file."
                : $"There is no {what} '{file}'.", file.FullName);
}
