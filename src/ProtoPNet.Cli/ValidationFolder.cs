using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>The folder of <c>--validation-data</c>.</summary>
internal static class ValidationFolder
{
    /// <summary>Its photographs; null if none was given.</summary>
    /// <exception cref="ArgumentException">It is split into training and test photographs.</exception>
    public static ImageDataset? Load(DirectoryInfo? folder)
    {
        if (folder is null) return null;
        ImageDataset found = ClassFolders.Load(folder.FullName);
        return found.Test.Count == 0 ? found : throw new ArgumentException(
            $"'{folder.FullName}' is split into training and test photographs. Give --validation-data a folder with one folder per class.");
    }
}
