namespace ProtoPNet.MLNet.Images;

/// <summary>An image that cannot be decoded or is not a usable photograph.</summary>
public sealed class UnreadableImageException(string message, Exception? inner = null) : Exception(message, inner);
