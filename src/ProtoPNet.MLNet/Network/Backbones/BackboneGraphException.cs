namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A graph that cannot be used as a backbone, or not for images of that size.</summary>
public sealed class BackboneGraphException : Exception
{
    /// <summary>An exception about a whole graph.</summary>
    public BackboneGraphException(string backbone, string reason, Exception? inner = null)
        : base($"'{backbone}' cannot be used as a backbone: {reason}", inner) => (Backbone, Reason) = (backbone, reason);

    /// <summary>An exception about one of its nodes.</summary>
    public BackboneGraphException(string backbone, string node, string operation, string reason, Exception? inner = null)
        : base($"'{backbone}' cannot be used as a backbone: node '{node}' ({operation}): {reason}.", inner)
        => (Backbone, Node, Operation, Reason) = (backbone, node, operation, reason);

    /// <summary>The backbone's name, or the path of its file.</summary>
    public string Backbone { get; }

    /// <summary>The node; null if the error concerns the whole graph.</summary>
    public string? Node { get; }

    /// <summary>The node's operation; null if the error concerns the whole graph.</summary>
    public string? Operation { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Reason { get; }
}
