using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The last layer h: the logit of a class is the sum over the prototypes of similarity × weight; no bias.</summary>
internal sealed class LogitLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>The initial weight between a class and its own prototypes (paper, section 2.2).</summary>
    public const float OwnClass = 1f;

    /// <summary>The initial weight between a class and prototypes of other classes.</summary>
    public const float OtherClass = -0.5f;

    /// <summary>Starts with <see cref="OwnClass"/> and <see cref="OtherClass"/>.</summary>
    public LogitLayer(int classes, IReadOnlyList<int> prototypeClasses) : base(nameof(LogitLayer))
    {
        float[,] weight = new float[classes, prototypeClasses.Count];
        for (int k = 0; k < classes; k++)
            for (int j = 0; j < prototypeClasses.Count; j++)
                weight[k, j] = prototypeClasses[j] == k ? OwnClass : OtherClass;
        register_parameter("weight", new Parameter(tensor(weight)));
    }

    /// <summary>Classes × prototypes.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>N × P to N × K.</summary>
    public override Tensor forward(Tensor similarities) => nn.functional.linear(similarities, Weight);
}
