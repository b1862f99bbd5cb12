using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A two-dimensional convolution whose weights start at zero and are then loaded by name or filled from a private generator.</summary>
/// <remarks>TorchSharp's own convolution draws initial weights from torch's global generator, which a library should leave alone.</remarks>
internal sealed class ConvolutionLayer : nn.Module<Tensor, Tensor>
{
    private readonly int _groups;

    /// <summary>Registers <c>weight</c> (out × in × kernel × kernel) and, where asked for, <c>bias</c> (out).</summary>
    public ConvolutionLayer(int inputs, int outputs, Window window, bool bias = false) : this(inputs, outputs, window, window, 1, bias) { }

    /// <summary>Registers <c>weight</c> (out × in/groups × rows × columns) and, where asked for, <c>bias</c> (out).</summary>
    public ConvolutionLayer(int inputs, int outputs, Window rows, Window columns, int groups, bool bias) : base(nameof(ConvolutionLayer))
    {
        (Rows, Columns, _groups) = (rows, columns, groups);
        register_parameter("weight", new Parameter(zeros(outputs, inputs / groups, rows.Kernel, columns.Kernel)));
        if (bias) register_parameter("bias", new Parameter(zeros(outputs)));
    }

    /// <summary>How it slides over rows.</summary>
    public Window Rows { get; }

    /// <summary>How it slides over columns.</summary>
    public Window Columns { get; }

    /// <summary>Out × in × kernel × kernel.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>One number for each output channel, or null.</summary>
    public Parameter? Bias => get_parameter("bias");

    /// <summary>N × in × H × W to N × out × H' × W', computed in the input's type, whatever the weights are kept in.</summary>
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
