using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015): in evaluation mode, which frozen layers stay in, a fixed scale and shift per
/// channel; in training mode with batch statistics, which update the running averages.
/// </summary>
internal sealed class BatchNormLayer : nn.Module<Tensor, Tensor>
{
    private const double Momentum = 0.1;

    /// <summary>Added to the variance to keep the scale finite: the usual value.</summary>
    public const double Epsilon = 1e-5;

    private readonly double _epsilon;

    /// <summary>Starts as the identity.</summary>
    public BatchNormLayer(int channels, double epsilon = Epsilon) : base(nameof(BatchNormLayer))
    {
        _epsilon = epsilon;
        register_parameter("weight", new Parameter(ones(channels)));
        register_parameter("bias", new Parameter(zeros(channels)));
        register_buffer("running_mean", zeros(channels));
        register_buffer("running_var", ones(channels));
    }

    /// <summary>The running mean of each channel.</summary>
    public Tensor Mean => get_buffer("running_mean")!;

    private Tensor Variance => get_buffer("running_var")!;

    private Parameter Weight => get_parameter("weight")!;

    private Parameter Bias => get_parameter("bias")!;

    /// <summary>N × C × H × W, normalised.</summary>
    public override Tensor forward(Tensor input)
        => nn.functional.batch_norm(input, Mean, Variance, Weight, Bias, training, Momentum, _epsilon);
}
