namespace ProtoPNet.MLNet.Files;

/// <summary>
/// Writes files atomically, by renaming a temporary file: a path always holds a complete file, old or new. Unfinished files are removed.
/// </summary>
internal static class WholeFile
{
    private const string Ending = ".tmp";

    /// <summary>Writes <paramref name="path"/> through a seekable stream; missing folders are created.</summary>
    /// <exception cref="IOException">The file cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        string aside = Aside(path);
        FileStream stream = Create(aside);
        try
        {
            using (stream) write(stream);
            Finish(aside, path);
        }
        catch (Exception e)
        {
            File.Delete(aside);
            if (e is not (IOException or UnauthorizedAccessException)) throw;
            throw new IOException($"'{path}' could not be written: {e.Message.Replace(aside, path, StringComparison.Ordinal)}", e);
        }
    }

    /// <summary>Renames the temporary file once its bytes have been flushed to disk.</summary>
    public static void Finish(string aside, string path)
    {
        using (FileStream written = new(aside, FileMode.Open, FileAccess.Write)) written.Flush(flushToDisk: true);
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <inheritdoc cref="Write(string, Action{FileStream})"/>
    public static void Write(string path, string text)
        => Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.Write(text);
        });

    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{FileStream})"/>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        byte[] kept = bytes.ToArray();
        Write(path, stream => stream.Write(kept));
    }

    /// <summary>Checks before long work that its result can be written, creating missing folders and a temporary file and removing them.</summary>
    /// <exception cref="IOException"><paramref name="path"/> is a folder or cannot be written; the message names it.</exception>
    public static void Check(string path)
    {
        if (Directory.Exists(path)) throw new IOException($"'{path}' is a folder, not a file to write to.");
        string aside = Aside(path);
        string[] missing = [.. MissingFolders(path)];
        try
        {
            FileStream stream = Create(aside);
            try
            {
                using (stream) stream.WriteByte(0);
            }
            finally
            {
                File.Delete(aside);
                foreach (string made in missing.Where(Directory.Exists)) Directory.Delete(made);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'{path}' cannot be written: its folder is read-only, full or cannot be created. Choose another path. "
                + e.Message.Replace(aside, path, StringComparison.Ordinal), e);
        }
    }

    /// <summary>Removes partial files left in a folder by killed processes. Requires exclusive access.</summary>
    public static void Sweep(string folder)
    {
        foreach (string left in Directory.EnumerateFiles(folder, "*" + Ending).Where(IsAside).ToList()) File.Delete(left);
    }

    private static string Aside(string path) => $"{path}.{Guid.NewGuid():N}{Ending}";

    private static bool IsAside(string path)
        => Guid.TryParseExact(Path.GetExtension(Path.GetFileNameWithoutExtension(path)).TrimStart('.'), "N", out _);

    /// <summary>The missing parent folders of a file, innermost first.</summary>
    private static IEnumerable<string> MissingFolders(string path)
    {
        for (string? folder = Path.GetDirectoryName(Path.GetFullPath(path)); folder is not null && !Directory.Exists(folder);
            folder = Path.GetDirectoryName(folder))
            yield return folder;
    }

    private static FileStream Create(string aside)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(aside))!);
        return new(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 17);
    }
}
