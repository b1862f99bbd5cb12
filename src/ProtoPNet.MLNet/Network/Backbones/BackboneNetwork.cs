using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A convolutional backbone f, N × 3 × S × S to N × channels × H × W, whole or cut after a stage.</summary>
/// <remarks>Tensors are named as in torchvision, so that its weights fit; the classifier of the original is left away.</remarks>
internal abstract class BackboneNetwork(string name) : nn.Module<Tensor, Tensor>(name)
{
    private readonly List<IReadOnlyList<nn.Module<Tensor, Tensor>>> _stages = [];

    /// <summary>Channels of the output.</summary>
    public abstract int OutputChannels { get; }

    /// <summary>Stages of this backbone, the stem counted with the first.</summary>
    public int StageCount => _stages.Count;

    /// <summary>
    /// The type that stages compute in while in training mode, <see cref="ScalarType.Float32"/> or <see cref="ScalarType.BFloat16"/>. Weights, their
    /// gradients, batch-norm statistics, input and output are of 32 bits all the same.
    /// </summary>
    public ScalarType TrainingType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// Runs stages <paramref name="from"/> + 1 to <paramref name="to"/> on what the stages before have made; all of them turn images into features,
    /// none leave the input as it is.
    /// </summary>
    public Tensor Run(Tensor input, int from, int to)
    {
        if (from == to) return input.alias();
        if (training) return RunStages(input, from, to);
        using (FullPrecision.Enter()) return RunStages(input, from, to);
    }

    private Tensor RunStages(Tensor input, int from, int to)
    {
        bool mixed = training && TrainingType != ScalarType.Float32 && input.dtype == ScalarType.Float32;
        Tensor x = mixed ? input.to(TrainingType) : input;
        foreach (nn.Module<Tensor, Tensor> layer in _stages.Take(from..to).SelectMany(stage => stage))
        {
            Tensor before = x;
            x = layer.call(before);
            if (!ReferenceEquals(before, input)) before.Dispose();
        }
        if (!mixed) return x;
        using (x) return x.to(input.dtype);
    }

    /// <summary>The parameters of the first <paramref name="stages"/> stages.</summary>
    public IEnumerable<Parameter> StageParameters(int stages)
        => _stages.Take(stages).SelectMany(stage => stage).SelectMany(layer => layer.parameters());

    public sealed override Tensor forward(Tensor images) => Run(images, 0, StageCount);

    /// <summary>Registers the layers of the next stage; all of them are applied in order.</summary>
    protected void AddStage(params IReadOnlyList<nn.Module<Tensor, Tensor>> layers) => _stages.Add(layers);
}
