using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Explains a model's prediction for one photograph.</summary>
internal static class Explainer
{
    /// <summary>One pass through the network.</summary>
    public static LocalExplanation Explain(this TrainedProtoPNet model, RgbImage image)
        => model.Explain(InputBatches.Render(image, model.Architecture));

    /// <summary>The same for normalised pixels (3 × S × S).</summary>
    public static LocalExplanation Explain(this TrainedProtoPNet model, float[] pixels) => model.Explain(pixels, model.Head);

    /// <summary>The same with other weights, and perhaps fewer prototypes, on the model's similarities.</summary>
    public static LocalExplanation Explain(this TrainedProtoPNet model, float[] pixels, PrototypeHead head)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        int side = model.Architecture.ImageSize;
        Tensor features = model.FeaturesOf(InputTensor.On(model.Device, pixels, 1, side));
        LatentMap latent = model.Network.LatentOf(features);
        Tensor distances = model.Network.Distances(latent);
        Tensor maps = model.Network.Similarity(distances).squeeze(0);
        return new(head, ReceptiveField.Of(model.Architecture), Maps.Of(maps), model.Familiar?.Cosines(features[0], distances[0]))
        {
            UsualFamiliarity = model.UsualFamiliarity,
            ObjectCells = latent.OnObject is { } mask ? Covered(mask, model.Architecture) : null,
        };
    }

    /// <summary>The cells of the feature map (H × W) that a patch on the object covers.</summary>
    private static bool[,] Covered(Tensor mask, NetworkArchitecture architecture)
    {
        (int rows, int columns) = ((int)mask.shape[2], (int)mask.shape[3]);
        bool[] patches = [.. mask.cpu().contiguous().data<bool>()];
        bool[,] cells = new bool[rows + architecture.PrototypeHeight - 1, columns + architecture.PrototypeWidth - 1];
        for (int p = 0; p < patches.Length; p++)
            for (int row = 0; patches[p] && row < architecture.PrototypeHeight; row++)
                for (int column = 0; column < architecture.PrototypeWidth; column++) cells[p / columns + row, p % columns + column] = true;
        return cells;
    }
}
