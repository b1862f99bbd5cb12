namespace ProtoPNet.Datasets;

/// <summary>A folder that does not hold the data set it should: says which file and line, and what to do.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(message, inner);
