namespace ProtoPNet.MLNet.Network;

/// <summary>The weights do not fit the network.</summary>
public sealed class StateDictMismatchException : Exception
{
    private const int Shown = 5;

    internal StateDictMismatchException(
        string origin, IReadOnlyList<string> missing, IReadOnlyList<string> surplus, IReadOnlyList<string> misshapen)
        : base($"The weights in '{origin}' do not fit this network: "
            + string.Join("; ", new[] { List("missing", missing), List("surplus", surplus), List("of another shape", misshapen) }.OfType<string>())
            + ". Check that the architecture (backbone, stages, prototypes) is the one that the weights were made for.")
        => (Origin, Missing, Surplus, Misshapen) = (origin, missing, surplus, misshapen);

    internal StateDictMismatchException(string origin, string message) : base(message)
        => (Origin, Missing, Surplus, Misshapen) = (origin, [], [], []);

    /// <summary>Where the weights came from.</summary>
    public string Origin { get; }

    /// <summary>Names that the network has and the weights lack.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names that the weights have and the network lacks.</summary>
    public IReadOnlyList<string> Surplus { get; }

    /// <summary>Names of tensors with the wrong shape, with both shapes.</summary>
    public IReadOnlyList<string> Misshapen { get; }

    private static string? List(string what, IReadOnlyList<string> names)
        => names.Count == 0 ? null
            : $"{names.Count} {what}: {string.Join(", ", names.Take(Shown))}{(names.Count > Shown ? $" and {names.Count - Shown} more" : "")}";
}
