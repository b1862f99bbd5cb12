using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Weights;

/// <summary>Pretrained weights could not be downloaded. The message says which file is needed and where to put it.</summary>
public sealed class WeightsUnavailableException : Exception
{
    internal WeightsUnavailableException(Uri address, string target, string reason, Exception? inner = null)
        : base(
            $"The pretrained weights '{System.IO.Path.GetFileName(target)}' could not be downloaded from {address}: {reason.TrimEnd('.')}. "
            + $"Without a connection, download that file elsewhere and put it at '{target}' (set PROTOPNET_CACHE to use another folder), "
            + "give a file of your own (PretrainedWeights.File), or start from random weights (PretrainedWeights.None).",
            inner)
        => (Address, Path) = (address, target);

    internal WeightsUnavailableException(string folder, Exception inner)
        : base(
            $"Pretrained weights are stored in '{folder}', which cannot be written to: {inner.Message} Set the environment variable PROTOPNET_CACHE "
            + "to a writable folder.",
            inner)
        => Path = folder;

    /// <summary>The download address; null if no download was attempted.</summary>
    public Uri? Address { get; }

    /// <summary>The path where the file, or the folder of weights, is expected.</summary>
    public string Path { get; }
}
