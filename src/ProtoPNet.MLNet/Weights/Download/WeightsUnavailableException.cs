using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Weights;

/// <summary>Pretrained weights that could not be fetched. The message says which file is wanted and where to put it.</summary>
public sealed class WeightsUnavailableException : Exception
{
    internal WeightsUnavailableException(Uri address, string target, string reason, Exception? inner = null)
        : base(
            $"The pretrained weights '{System.IO.Path.GetFileName(target)}' could not be fetched from {address}: {reason.TrimEnd('.')}. "
            + $"Without a connection, fetch that file elsewhere and put it at '{target}' (another folder: set PROTOPNET_CACHE), "
            + "or give a file of your own (PretrainedWeights.File), or start from random weights (PretrainedWeights.None).",
            inner)
        => (Address, Path) = (address, target);

    internal WeightsUnavailableException(string folder, Exception inner)
        : base(
            $"Pretrained weights are kept in '{folder}', which cannot be written: {inner.Message} Set the environment variable PROTOPNET_CACHE "
            + "to a folder that can.",
            inner)
        => Path = folder;

    /// <summary>Where they were to be fetched from; null where it did not come to that.</summary>
    public Uri? Address { get; }

    /// <summary>Where the file, or the folder of such files, is to be.</summary>
    public string Path { get; }
}
