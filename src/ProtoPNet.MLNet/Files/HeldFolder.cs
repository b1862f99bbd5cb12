using System.Globalization;

namespace ProtoPNet.MLNet.Files;

/// <summary>
/// Exclusive write access to a folder until disposed. The system releases the lock when the process ends, however it ends.
/// </summary>
internal sealed class HeldFolder : IDisposable
{
    private const string LockName = ".running", HolderName = ".running.process";

    private readonly FileStream _lock;
    private readonly string _folder;
    private readonly bool _made;

    private HeldFolder(FileStream held, string folder, bool made) => (_lock, _folder, _made) = (held, folder, made);

    /// <summary>Locks a folder, creating it if missing; removes partial files left by killed runs.</summary>
    /// <exception cref="IOException">Another run is writing to the folder, or it is not writable; the message says which, and what to do.</exception>
    public static HeldFolder Take(string folder)
    {
        string holder = Path.Combine(folder, HolderName);
        bool makes = !Directory.Exists(folder);
        FileStream held = Lock(folder);
        try
        {
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            WholeFile.Sweep(folder);
            return new(held, folder, makes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            new HeldFolder(held, folder, makes).Dispose();
            throw Unwritable(folder, e);
        }
    }

    /// <summary>Releases the folder; removes it if it was created in vain.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_folder)) File.Delete(Path.Combine(_folder, HolderName));
        _lock.Dispose();
        if (_made && Directory.Exists(_folder) && !Directory.EnumerateFileSystemEntries(_folder).Any()) Directory.Delete(_folder);
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when ((e.HResult & 0xffff) is 11 or 32 or 35) // "in use" on Linux, Windows and macOS
        {
            throw new IOException($"Another run{Holder(folder)} is writing to '{folder}'. Wait until it has finished, or choose another folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, e);
        }
    }

    private static IOException Unwritable(string folder, Exception e) => File.Exists(folder)
        ? new($"'{folder}' is a file, not a folder to write to. Choose another name.")
        : new($"The folder '{folder}' cannot be written to: it is read-only, full or cannot be created. Choose another one. {e.Message}", e);

    private static string Holder(string folder)
    {
        try
        {
            return $" (process {File.ReadAllText(Path.Combine(folder, HolderName))})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
