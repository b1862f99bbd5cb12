namespace ProtoPNet.MLNet.Native;

/// <summary>libtorch, which does the computing, is not there or cannot be loaded. The message says what to install.</summary>
public sealed class LibtorchUnavailableException : Exception
{
    internal LibtorchUnavailableException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
