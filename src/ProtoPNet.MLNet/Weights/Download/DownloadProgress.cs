namespace ProtoPNet.MLNet.Weights;

/// <summary>How far a download has come.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Received">Bytes that are here, those of an earlier attempt included.</param>
/// <param name="Total">Bytes in all, where the server says.</param>
public readonly record struct DownloadProgress(string File, long Received, long? Total);
