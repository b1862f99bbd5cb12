namespace ProtoPNet.Datasets;

/// <summary>A data set of any kind that this package reads, recognised by its files.</summary>
public static class AnyDataset
{
    private static readonly Kind[] _kinds =
    [
        new("CUB-200-2011", CubDataset.IsIn, CubDataset.Load),
        new("Stanford Cars", StanfordCarsDataset.IsIn, StanfordCarsDataset.Load),
        new("a set of procedural birds", ProceduralBirds.AreIn, ProceduralBirds.Load),
    ];

    /// <summary>
    /// Reads CUB-200-2011 (<c>images.txt</c> and <c>images/</c>), Stanford Cars (<c>devkit/</c> and <c>cars_train/</c>) or procedural birds
    /// (<c>parts.csv</c>) if <paramref name="folder"/> holds one of them, otherwise <see cref="ClassFolders"/>.
    /// </summary>
    /// <exception cref="DatasetException">The folder is missing or damaged; or it holds a data set in a subfolder, or is part of CUB-200-2011: read as
    /// class folders, these would have other classes or another split.</exception>
    public static ImageDataset Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DatasetException($"There is no folder '{folder}'.");
        Kind[] found = [.. _kinds.Where(kind => kind.IsIn(folder))];
        if (found.Length > 1)
            throw new DatasetException($"'{folder}' looks like {string.Join(" and like ", found.Select(kind => kind.Name))}. Say which of them it is.");
        if (found is [var only]) return only.Load(folder);
        foreach (string inner in FolderWalk.Subfolders(folder).Select(name => Path.Combine(folder, name)))
            if (Array.Find(_kinds, kind => kind.IsIn(inner)) is { } nested)
                throw new DatasetException($"'{folder}' is no data set itself, but contains {nested.Name}: give '{inner}'.");
        string? outer = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (outer is not null && CubDataset.IsIn(outer))
            throw new DatasetException($"'{folder}' is part of CUB-200-2011, whose split is in '{outer}': give that.");
        return ClassFolders.Load(folder);
    }

    private sealed record Kind(string Name, Func<string, bool> IsIn, Func<string, ImageDataset> Load);
}
