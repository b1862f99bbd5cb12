namespace ProtoPNet.Datasets;

/// <summary>
/// The files and folders below a folder that people put there: not those of operating systems, file servers and archivers. Links are followed, but
/// into every folder only once, and never back to where the walk came from.
/// </summary>
internal sealed class FolderWalk
{
    private static readonly HashSet<string> _services = new(StringComparer.OrdinalIgnoreCase)
    {
        "@eaDir", "@Recycle", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "Thumbs.db", "desktop.ini",
    };

    private readonly HashSet<string> _walked;

    /// <param name="above">Folders that links may not lead back to.</param>
    public FolderWalk(params IEnumerable<string> above) => _walked = [.. above.Select(Real)];

    /// <summary>Links that were not followed: they lead to a folder that was walked already, or nowhere.</summary>
    public List<string> NotFollowed { get; } = [];

    /// <summary>Names of the folders in <paramref name="folder"/>, in order.</summary>
    public static string[] Subfolders(string folder)
        => [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(IsSomebodys).Order(StringComparer.Ordinal)];

    /// <summary>Names of the files in <paramref name="folder"/>, in order.</summary>
    public static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(IsSomebodys).Order(StringComparer.Ordinal);

    /// <summary>Paths of all files in <paramref name="folder"/> and the folders in it, folder by folder.</summary>
    public IEnumerable<string> AllFiles(string folder)
    {
        if (!Enter(folder)) yield break;
        foreach (string file in Files(folder)) yield return Path.Combine(folder, file);
        foreach (string name in Subfolders(folder))
            foreach (string file in AllFiles(Path.Combine(folder, name))) yield return file;
    }

    /// <summary>Names that begin with a dot are hidden; those of the other kind belong to a system.</summary>
    private static bool IsSomebodys(string name) => name[0] != '.' && !_services.Contains(name);

    private bool Enter(string folder)
    {
        try
        {
            if (_walked.Add(Real(folder))) return true;
        }
        catch (IOException)
        {
            // A link to itself.
        }
        NotFollowed.Add(folder);
        return false;
    }

    /// <summary>The path without links in it.</summary>
    private static string Real(string path)
    {
        path = Path.GetFullPath(path);
        string real = Path.GetPathRoot(path)!;
        foreach (string part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target) real = Real(target.FullName);
        }
        return real;
    }
}
