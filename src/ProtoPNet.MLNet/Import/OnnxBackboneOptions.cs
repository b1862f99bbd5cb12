using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Import;

/// <summary>The order of a network's colours, as it was trained.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue: PyTorch's and most others'.</summary>
    Rgb,

    /// <summary>Blue, green, red: Caffe's, OpenCV's, CNTK's.</summary>
    Bgr,
}

/// <summary>How an ONNX network becomes a backbone.</summary>
/// <param name="Cut">The tensor to end at; null: the last map before pooling.</param>
internal sealed record OnnxBackboneOptions(string? Cut = null)
{
    /// <summary>What it wants of its images, colours in the order red, green, blue.</summary>
    public InputNormalisation Normalisation { get; init; } = InputNormalisation.ImageNet;

    /// <summary>The order of colours that it was trained with; its first convolution is turned round, so that what remains is RGB.</summary>
    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>What the backbone is called; null: by its file.</summary>
    public string? Name { get; init; }
}
