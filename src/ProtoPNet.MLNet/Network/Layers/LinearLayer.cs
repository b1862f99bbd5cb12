using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>A linear layer with a bias; starts at zero.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    public LinearLayer(int inputs, int outputs) : base(nameof(LinearLayer))
    {
        register_parameter("weight", new Parameter(zeros(outputs, inputs)));
        register_parameter("bias", new Parameter(zeros(outputs)));
    }

    /// <summary>Outputs × inputs.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>One for each output.</summary>
    public Parameter Bias => get_parameter("bias")!;

    /// <summary>N × inputs to N × outputs.</summary>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, Weight, Bias);

    /// <summary>The same for each cell of a map: N × inputs × H × W to N × outputs × H × W.</summary>
    public Tensor OfCells(Tensor map) => nn.functional.conv2d(map, Weight.unsqueeze(-1).unsqueeze(-1), Bias);
}
