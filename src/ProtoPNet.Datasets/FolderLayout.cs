using System.Text.RegularExpressions;

namespace ProtoPNet.Datasets;

/// <summary>Where the class folders of a data set are: in the folder itself or in its split folders.</summary>
/// <param name="Train">The folder whose subfolders are the classes, relative to the data set; empty for the data set itself.</param>
/// <param name="Test">The same for the test split; null without one.</param>
/// <param name="Unused">Folders of the data set in neither split.</param>
internal sealed partial record FolderLayout(string Train, string? Test, IReadOnlyList<string> Unused)
{
    private static readonly string[] _train = ["train", "training"], _test = ["test", "testing"], _validation = ["val", "valid", "validation"];

    /// <summary>Recognises the usual names of splits, case-insensitively: train or training, test or testing, val, valid or validation.</summary>
    /// <exception cref="DatasetException">The folders look like splits but are ambiguous.</exception>
    public static FolderLayout Of(string folder)
    {
        string[] names = FolderWalk.Subfolders(folder);
        string? train = Only(folder, names, _train), test = Only(folder, names, _test), validation = Only(folder, names, _validation);
        // 'train' may also be a class, next to 'bus' and 'tram'.
        bool splits = train is not null && (names.Length == 1 || FolderWalk.Subfolders(Path.Combine(folder, train)).Length > 0);
        if (splits)
        {
            string[] others = [.. names.Where(name => name != train && name != (test ?? validation))];
            if (others.FirstOrDefault(name => name != validation && LooksLikeSplit(name)) is { } odd)
                throw Unclear(folder, $"a folder '{odd}' next to '{train}', which looks like another split");
            if (test is null && validation is null && others.Length > 0)
                throw Unclear(folder, $"a folder '{train}' with subfolders, which looks like a split, next to {Folders(others)}");
            return new(train!, test ?? validation, others);
        }
        string[] alike = [.. names.Where(LooksLikeSplit)];
        if (alike.Length > 0 && alike.Length == names.Length)
            throw Unclear(folder, train is null
                ? $"{Folders(alike)}, but none named 'train'"
                : $"{Folders(alike)}, but no folder for each class in '{train}'");
        if (alike.Length > 1) throw Unclear(folder, $"{Folders(alike)}, which look like splits, among class folders");
        foreach (string name in names)
        {
            string[] inside = [.. FolderWalk.Subfolders(Path.Combine(folder, name)).Where(LooksLikeSplit)];
            if (inside.Length > 1) throw Unclear(folder, $"{Folders(inside)}, which look like splits, inside '{name}'");
        }
        return new("", null, []);
    }

    /// <summary>The folder of the split among <paramref name="names"/>; null if there is none.</summary>
    private static string? Only(string folder, string[] names, string[] usual)
    {
        string[] found = [.. names.Where(name => usual.Contains(name, StringComparer.OrdinalIgnoreCase))];
        return found.Length <= 1 ? found.SingleOrDefault() : throw Unclear(folder, $"{Folders(found)}, which mean the same");
    }

    private static bool LooksLikeSplit(string name) => SplitWord().IsMatch(name);

    private static string Folders(string[] names) => $"{(names.Length == 1 ? "a folder" : "folders")} named {string.Join(", ", names.Select(name => $"'{name}'"))}";

    private static DatasetException Unclear(string folder, string has) => new(
        $"'{folder}' has {has}. Put one folder per class either directly into it, or into its subfolders 'train' and 'test'.");

    /// <summary>The name of a split as a separate word: <c>train_set</c>, <c>Test-2</c>, <c>1_val</c>; not <c>trainer</c> or <c>latest</c>.</summary>
    [GeneratedRegex("(?<![a-z])(train(ing)?|test(ing)?|val(id(ation)?)?)(set|data|images)?(?![a-z])", RegexOptions.IgnoreCase)]
    private static partial Regex SplitWord();
}
