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

    /// <summary>Where it was looked for.</summary>
    public Uri Address { get; }

    /// <summary>Where the file is to be put.</summary>
    public string Path { get; }
}
