using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Explains the prediction of a classifier without prototypes for one photograph.</summary>
internal static class PooledExplainer
{
    /// <summary>One pass through the network.</summary>
    public static ClassActivations Explain(this TrainedPooledClassifier model, RgbImage image)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        InputFormat format = InputFormat.Of(model);
        Tensor features = model.Features(format.On(format.Render(image), 1));
        Tensor logits = model.Network.Logits(features), maps = model.Network.ActivationMaps(features).squeeze(0);
        return new(model, Floats(logits), Floats(nn.functional.softmax(logits, 1)), Maps.Of(maps));
    }

    private static float[] Floats(Tensor tensor) => [.. tensor.cpu().contiguous().data<float>()];
}
