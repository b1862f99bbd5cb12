using System.Text.RegularExpressions;
using ProtoPNet.MLNet.Weights.Onnx;

namespace ProtoPNet.Cli.Bench;

/// <summary>What is known of the photographs that a backbone was pretrained on.</summary>
internal static partial class WeightsOrigin
{
    /// <summary>From this share of a data set's classes among its labels, a classifier counts as pretrained on the same kind of object.</summary>
    private const double SameKind = 0.1;

    /// <summary>The metadata entry with the names of a classifier's outputs, one a line.</summary>
    private const string Labels = "labels";

    /// <summary>In words: what the labels in an ONNX file say.</summary>
    /// <param name="file">The file.</param>
    /// <param name="classes">The data set's classes.</param>
    /// <param name="kind">What they are: birds.</param>
    public static string OfOnnx(string file, IReadOnlyList<string> classes, string kind)
    {
        using var onnx = new OnnxModelFile(file);
        return onnx.Model.Metadata.TryGetValue(Labels, out string? labels)
            ? OfLabels(labels.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), classes, kind)
            : "not said by the file";
    }

    /// <summary>In words: what a classifier's labels say.</summary>
    public static string OfLabels(IReadOnlyList<string> labels, IReadOnlyList<string> classes, string kind)
    {
        HashSet<string> known = [.. labels.SelectMany(Names)];
        int shared = classes.Count(name => known.Contains(Plain(name)));
        return shared >= SameKind * classes.Count && shared > 0
            ? $"{kind}: {labels.Count} classes, {shared} of the {classes.Count} here among them"
            : $"{labels.Count} classes, {shared} of the {classes.Count} here among them";
    }

    /// <summary>A label as a whole and, as in "Cardinalis cardinalis (Northern Cardinal)", what stands in brackets.</summary>
    private static IEnumerable<string> Names(string label)
    {
        yield return Plain(label);
        foreach (Match inside in Brackets().Matches(label)) yield return Plain(inside.Groups[1].Value);
    }

    /// <summary>Lower-case words: "009.Brewer_Blackbird" and "Brewer's Blackbird" are the same.</summary>
    private static string Plain(string name)
    {
        string bare = Number().Replace(name.ToLowerInvariant(), "").Replace("'s ", " ", StringComparison.Ordinal);
        return string.Join(' ', Words().Matches(bare).Select(word => word.Value));
    }

    [GeneratedRegex(@"\(([^()]+)\)")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"^\d+[. ]")]
    private static partial Regex Number();

    [GeneratedRegex(@"\p{L}+")]
    private static partial Regex Words();
}
