namespace ProtoPNet.MLNet.Weights;

/// <summary>The progress of a download.</summary>
/// <param name="File">The file name.</param>
/// <param name="Received">Bytes received, including those of earlier attempts.</param>
/// <param name="Total">Total bytes, if the server reports them.</param>
public readonly record struct DownloadProgress(string File, long Received, long? Total);
