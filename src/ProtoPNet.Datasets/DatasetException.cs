namespace ProtoPNet.Datasets;

/// <summary>A folder does not hold the expected data set; the message names the file and line, and what to do.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(message, inner);
