namespace ProtoPNet.MLNet;

/// <summary>What a new network takes over from an earlier one, besides its backbone.</summary>
/// <param name="Path">The earlier model's file.</param>
/// <param name="AddOnLayers">Whether it takes over the add-on layers.</param>
/// <param name="Classes">For each class, that class's number in the earlier model; -1 if it is new.</param>
/// <param name="Prototypes">The prototypes taken over: the number in the new network and in the earlier one.</param>
internal sealed record Inheritance(string Path, bool AddOnLayers, IReadOnlyList<int> Classes, IReadOnlyDictionary<int, int> Prototypes)
{
    /// <summary>Whether it takes over the last layer, too: the classes and their prototypes are the same.</summary>
    public bool LastLayer { get; init; }

    /// <summary>What is taken over from a model without prototypes.</summary>
    public static Inheritance OfBackbone(string path, int classes)
        => new(path, false, [.. Enumerable.Repeat(-1, classes)], new Dictionary<int, int>()) { HasPrototypes = false };

    private bool HasPrototypes { get; init; } = true;

    /// <summary>One sentence for those who read.</summary>
    public override string ToString()
    {
        int same = Classes.Count(k => k >= 0);
        string[] taken =
        [
            "the backbone", .. AddOnLayers ? ["the add-on layers"] : Array.Empty<string>(),
            .. Prototypes.Count == 0 ? Array.Empty<string>() : [$"{Prototypes.Count} prototypes of {same} of {Classes.Count} classes"],
            .. LastLayer ? ["the last layer"] : Array.Empty<string>(),
        ];
        string list = taken.Length == 1 ? taken[0] : $"{string.Join(", ", taken[..^1])} and {taken[^1]}";
        string why = Prototypes.Count > 0 ? ""
            : !HasPrototypes ? " It has no prototypes; the add-on layers and all prototypes start anew."
            : !AddOnLayers ? " The add-on layers have another shape; they and all prototypes start anew."
            : same == 0 ? " It knows none of the classes; all prototypes start anew."
            : " Its prototypes have another shape or latent space; all start anew.";
        return $"From '{Path}': {list}.{why}";
    }
}
