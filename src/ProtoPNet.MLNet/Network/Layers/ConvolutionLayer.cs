using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A 2-D convolution whose weights start at zero, to be loaded by name or filled from a private generator.</summary>
/// <remarks>TorchSharp's convolution draws initial weights from torch's global generator, which a library should not touch.</remarks>
internal sealed class ConvolutionLayer : nn.Module<Tensor, Tensor>
{
    private readonly int _groups;

    /// <summary>Registers <c>weight</c> (out × in × kernel × kernel) and, if requested, <c>bias</c> (out).</summary>
    public ConvolutionLayer(int inputs, int outputs, Window window, bool bias = false) : this(inputs, outputs, window, window, 1, bias) { }

    /// <summary>Registers <c>weight</c> (out × in/groups × rows × columns) and, if requested, <c>bias</c> (out).</summary>
    public ConvolutionLayer(int inputs, int outputs, Window rows, Window columns, int groups, bool bias) : base(nameof(ConvolutionLayer))
    {
        (Rows, Columns, _groups) = (rows, columns, groups);
        register_parameter("weight", new Parameter(zeros(outputs, inputs / groups, rows.Kernel, columns.Kernel)));
        if (bias) register_parameter("bias", new Parameter(zeros(outputs)));
    }

    /// <summary>The window over rows.</summary>
    public Window Rows { get; }

    /// <summary>The window over columns.</summary>
    public Window Columns { get; }

    /// <summary>Out × in × kernel × kernel.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>One value per output channel, or null.</summary>
    public Parameter? Bias => get_parameter("bias");

    /// <summary>N × in × H × W to N × out × H' × W', computed in the input's type, regardless of the weights' type.</summary>
    public override Tensor forward(Tensor input)
    {
        if (input.dtype == Weight.dtype) return Convolve(input, Weight, Bias);
        using DisposeScope scope = NewDisposeScope();
        return Convolve(input, Weight.to(input.dtype), Bias?.to(input.dtype)).MoveToOuterDisposeScope();
    }

    private Tensor Convolve(Tensor input, Tensor weight, Tensor? bias)
    {
        using WindowPadding padded = WindowPadding.Of(input, Rows, Columns, 0);
        return nn.functional.conv2d(padded.Map, weight, bias, [Rows.Stride, Columns.Stride], padded.Left, [Rows.Dilation, Columns.Dilation], _groups);
    }
}
