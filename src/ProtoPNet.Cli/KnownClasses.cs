using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>Splits photographs by whether the model knows their class; accuracy can be measured only on known classes.</summary>
/// <param name="Known">Photographs whose class the model knows.</param>
/// <param name="Total">All photographs.</param>
/// <param name="Unknown">Classes that the model does not know, with the number of photographs of each.</param>
/// <param name="Model">The model's classes.</param>
internal sealed record KnownClasses(
    IReadOnlyList<ImageRecord> Known, int Total, IReadOnlyList<(string Name, int Photographs)> Unknown, IReadOnlyList<string> Model)
{
    private const int Shown = 5;

    public static KnownClasses Of(IReadOnlyList<string> classNames, IReadOnlyList<ImageRecord> records)
    {
        HashSet<string> known = [.. classNames];
        return new([.. records.Where(r => known.Contains(r.Label))], records.Count,
            [.. records.Where(r => !known.Contains(r.Label)).CountBy(r => r.Label).Select(c => (c.Key, c.Value))], classNames);
    }

    /// <summary>The photographs of known classes; warns how many are left out, and why.</summary>
    /// <param name="left">What happens to the others, for the warning: "not measured".</param>
    /// <param name="warnings">Receives the warning.</param>
    /// <exception cref="DatasetException">No class is known.</exception>
    public IReadOnlyList<ImageRecord> OrFail(string left, TextWriter warnings)
    {
        if (Total > 0 && Known.Count == 0)
            throw new DatasetException($"The model knows none of the classes of these {Total} photographs: {Names}. It knows {Few(Model)}.{Case}");
        if (Unknown.Count > 0)
            warnings.WriteLine($"warning: {Total - Known.Count} of {Total} photographs are {left}: "
                + $"the model does not know {(Unknown.Count == 1 ? "the class" : $"the {Unknown.Count} classes")} {Names}.{Case}");
        return Known;
    }

    private string Names => Few([.. Unknown.Select(c => $"{c.Name} ({c.Photographs})")]);

    /// <summary>Names that differ only in case are different classes, but rarely meant to be.</summary>
    private string Case
    {
        get
        {
            (string Name, string? Likely)[] pairs = [.. Unknown
                .Select(c => (c.Name, Model.FirstOrDefault(m => string.Equals(m, c.Name, StringComparison.OrdinalIgnoreCase))))
                .Where(pair => pair.Item2 is not null)];
            return pairs.Length == 0 ? ""
                : $" Class names are case-sensitive: '{pairs[0].Name}' is not '{pairs[0].Likely}'"
                    + $"{(pairs.Length > 1 ? $", and the same for {pairs.Length - 1} more" : "")}; rename the folders.";
        }
    }

    private static string Few(IReadOnlyList<string> names)
        => string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $" and {names.Count - Shown} more" : "");
}
