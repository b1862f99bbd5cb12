using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A two-dimensional convolution whose weights start at zero and are then loaded by name or filled from a private generator.</summary>
/// <remarks>TorchSharp's own convolution draws initial weights from torch's global generator, which a library should leave alone.</remarks>
internal sealed class ConvolutionLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>Registers <c>weight</c> (out × in × kernel × kernel) and, where asked for, <c>bias</c> (out).</summary>
    public ConvolutionLayer(int inputs, int outputs, Window window, bool bias = false) : base(nameof(ConvolutionLayer))
    {
        Window = window;
        register_parameter("weight", new Parameter(zeros(outputs, inputs, window.Kernel, window.Kernel)));
        if (bias) register_parameter("bias", new Parameter(zeros(outputs)));
    }

    /// <summary>Kernel, stride and padding.</summary>
    public Window Window { get; }

    /// <summary>Out × in × kernel × kernel.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>One number for each output channel, or null.</summary>
    public Parameter? Bias => get_parameter("bias");

    /// <summary>Scales each output channel and then shifts it.</summary>
    public void Rescale(Tensor scale, Tensor shift)
    {
        if (Bias is null)
        {
            Parameter bias = new(zeros_like(shift));
            bias.DetachFromDisposeScope();
            register_parameter("bias", bias);
        }
        Weight.mul_(scale.view(-1, 1, 1, 1));
        Bias!.mul_(scale).IncreaseBy(shift);
    }

    /// <summary>N × in × H × W to N × out × H' × W', computed in the input's type, whatever the weights are kept in.</summary>
    public override Tensor forward(Tensor input)
    {
        if (input.dtype == Weight.dtype) return Convolve(input, Weight, Bias);
        using DisposeScope scope = NewDisposeScope();
        return Convolve(input, Weight.to(input.dtype), Bias?.to(input.dtype)).MoveToOuterDisposeScope();
    }

    private Tensor Convolve(Tensor input, Tensor weight, Tensor? bias)
        => nn.functional.conv2d(input, weight, bias, [Window.Stride, Window.Stride], [Window.Padding, Window.Padding]);
}
