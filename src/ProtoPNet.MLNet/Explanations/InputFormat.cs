using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>The input of a network: photographs of 3 × S × S, normalised, on a device.</summary>
/// <param name="Side">S.</param>
/// <param name="Normalisation">The normalisation of its pixels.</param>
/// <param name="Device">The device of the network.</param>
internal sealed record InputFormat(int Side, InputNormalisation Normalisation, Device Device)
{
    public static InputFormat Of(TrainedProtoPNet model)
        => new(model.Architecture.ImageSize, model.Architecture.Backbone.Normalisation, model.Device);

    public static InputFormat Of(TrainedPooledClassifier model)
        => new(model.Architecture.ImageSize, model.Architecture.Backbone.Normalisation, model.Device);

    /// <summary>One photograph's input: 3 × S × S.</summary>
    public float[] Render(RgbImage image)
    {
        float[] pixels = new float[3 * Side * Side];
        NetworkInput.Render(image, Side, Normalisation, pixels);
        return pixels;
    }

    /// <summary>Rendered photographs as a tensor (N × 3 × S × S) on the device.</summary>
    public Tensor On(float[] pixels, int count) => InputTensor.On(Device, pixels, count, Side);
}
