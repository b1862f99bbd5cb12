namespace ProtoPNet.MLNet.Native;

/// <summary>libtorch, the tensor library, is missing or cannot be loaded. The message says what to install.</summary>
public sealed class LibtorchUnavailableException : Exception
{
    internal LibtorchUnavailableException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
