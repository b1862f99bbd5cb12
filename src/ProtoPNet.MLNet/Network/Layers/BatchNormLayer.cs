using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015): in evaluation mode, which is how frozen layers stay, a fixed scale and shift of each
/// channel; in training mode by the batch's own statistics, which are then averaged in.
/// </summary>
internal sealed class BatchNormLayer : nn.Module<Tensor, Tensor>
{
    private const double Momentum = 0.1;

    /// <summary>What keeps the scale finite: added to the variance.</summary>
    public const double Epsilon = 1e-5;

    private bool _absorbed;

    /// <summary>Starts as the identity.</summary>
    public BatchNormLayer(int channels) : base(nameof(BatchNormLayer))
    {
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
        => _absorbed ? input.alias() : nn.functional.batch_norm(input, Mean, Variance, Weight, Bias, training, Momentum, Epsilon);

    /// <summary>Hands scale and shift over to the convolution before it, for inference; afterwards this layer does nothing.</summary>
    public void AbsorbInto(ConvolutionLayer convolution)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor scale = Weight / Variance.Plus(Epsilon).sqrt();
        convolution.Rescale(scale, Bias - Mean * scale);
        _absorbed = true;
    }
}
