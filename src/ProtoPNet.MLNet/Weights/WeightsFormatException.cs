namespace ProtoPNet.MLNet.Weights;

/// <summary>A weights file is damaged, malicious or unsupported. Nothing in it was executed.</summary>
public sealed class WeightsFormatException : Exception
{
    /// <summary>An exception about the file <paramref name="path"/>.</summary>
    public WeightsFormatException(string path, string reason, Exception? inner = null)
        : base($"The weights '{path}' cannot be read: {reason}", inner)
        => (Path, Reason) = (path, reason);

    /// <summary>The file, or the name of the stream.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }
}
