namespace ProtoPNet.Datasets;

/// <summary>
/// The user's files and folders below a folder, without those of operating systems, file servers and archivers. Links are followed, but
/// each folder is visited only once, and links never lead back to an ancestor.
/// </summary>
internal sealed class FolderWalk
{
    private static readonly HashSet<string> _services = new(StringComparer.OrdinalIgnoreCase)
    {
        "@eaDir", "@Recycle", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "Thumbs.db", "desktop.ini",
    };

    private readonly HashSet<string> _walked;

    /// <param name="above">Ancestors that links must not lead back to.</param>
    public FolderWalk(params IEnumerable<string> above) => _walked = [.. above.Select(Real)];

    /// <summary>Links that were not followed, because the folder was already visited or does not exist.</summary>
    public List<string> NotFollowed { get; } = [];

    /// <summary>The names of the folders in <paramref name="folder"/>, sorted.</summary>
    public static string[] Subfolders(string folder)
        => [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(IsSomebodys).Order(StringComparer.Ordinal)];

    /// <summary>The names of the files in <paramref name="folder"/>, sorted.</summary>
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

    /// <summary>Names with a leading dot are hidden; the others belong to a system.</summary>
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

    /// <summary>The path with links resolved.</summary>
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
