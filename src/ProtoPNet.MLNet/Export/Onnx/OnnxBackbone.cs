using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Onnx;

/// <summary>Writes a backbone down, layer by layer from its plan; batch norms go into the convolutions before them.</summary>
internal sealed class OnnxBackbone(OnnxGraph graph, IReadOnlyDictionary<string, Tensor> tensors, string prefix)
{
    /// <summary>Adds the first <paramref name="stages"/> stages and returns the name of their output.</summary>
    public string Write(BackbonePlan plan, int stages, string input) => plan switch
    {
        VggPlan vgg => Vgg(vgg, stages, input),
        ResNetPlan resNet => ResNet(resNet, stages, input),
        DenseNetPlan denseNet => DenseNet(denseNet, stages, input),
        _ => throw new NotSupportedException($"{plan.Name} cannot be exported."),
    };

    private string Vgg(VggPlan plan, int stages, string x)
    {
        int layer = 0;
        for (int stage = 0; stage < stages; stage++)
        {
            for (int i = 0; i < plan.Convolutions[stage]; i++)
            {
                x = Relu(Conv(x, $"features.{layer}", VggPlan.Convolution, plan.BatchNorm ? $"features.{layer + 1}" : null));
                layer += plan.BatchNorm ? 3 : 2;
            }
            x = MaxPool(x, VggPlan.Pool);
            layer++;
        }
        return x;
    }

    private string ResNet(ResNetPlan plan, int stages, string x)
    {
        x = MaxPool(Relu(Conv(x, "conv1", ResNetPlan.Stem, "bn1")), ResNetPlan.Pool);
        for (int stage = 1; stage <= stages; stage++)
            for (int block = 0; block < plan.Blocks[stage - 1]; block++)
            {
                string name = $"layer{stage}.{block}", y = x;
                int stride = ResNetPlan.Stride(stage, block), last = plan.BlockWindows(stride).Length;
                foreach ((int i, Window window) in plan.BlockWindows(stride).Index())
                {
                    y = Conv(y, $"{name}.conv{i + 1}", window, $"{name}.bn{i + 1}");
                    if (i + 1 < last) y = Relu(y);
                }
                bool projected = tensors.ContainsKey($"{prefix}{name}.downsample.0.weight");
                if (projected) x = Conv(x, $"{name}.downsample.0", new Window(1, stride), $"{name}.downsample.1");
                x = Relu(graph.Apply("Add", [y, x]));
            }
        return x;
    }

    private string DenseNet(DenseNetPlan plan, int stages, string x)
    {
        x = MaxPool(Relu(Conv(x, "features.conv0", DenseNetPlan.Stem, "features.norm0")), DenseNetPlan.StemPool);
        for (int stage = 1; stage <= stages; stage++)
        {
            for (int layer = 1; layer <= plan.Blocks[stage - 1]; layer++)
            {
                string name = $"features.denseblock{stage}.denselayer{layer}";
                string y = Relu(Conv(Relu(Norm(x, $"{name}.norm1")), $"{name}.conv1", DenseNetPlan.DenseLayer.Narrow, $"{name}.norm2"));
                y = Conv(y, $"{name}.conv2", DenseNetPlan.DenseLayer.Wide, null);
                x = graph.Add("Concat", [x, y], OnnxGraph.Integer("axis", 1));
            }
            if (stage == plan.Stages) return Relu(Norm(x, "features.norm5"));
            string transition = $"features.transition{stage}";
            x = Conv(Relu(Norm(x, $"{transition}.norm")), $"{transition}.conv", DenseNetPlan.Transition.Convolution, null);
            Window pool = DenseNetPlan.Transition.Pool;
            x = graph.Pool("AveragePool", x, pool.Kernel, pool.Stride, pool.Padding);
        }
        return x;
    }

    private string Relu(string x) => graph.Apply("Relu", [x]);

    private string MaxPool(string x, Window window) => graph.Pool("MaxPool", x, window.Kernel, window.Stride, window.Padding);

    /// <summary>A convolution with the batch norm after it, if any, folded in: w·s and b·s + t for its scale s and shift t.</summary>
    private string Conv(string x, string name, Window window, string? norm)
    {
        Tensor weight = tensors[$"{prefix}{name}.weight"];
        Tensor? bias = tensors.GetValueOrDefault($"{prefix}{name}.bias");
        if (norm is not null)
        {
            (Tensor scale, Tensor shift) = ScaleAndShift(norm);
            weight = weight.to_type(ScalarType.Float64) * scale.view(-1, 1, 1, 1);
            bias = bias is null ? shift : (bias.to_type(ScalarType.Float64) * scale).Plus(shift);
        }
        return graph.Conv(x, name, weight, bias, window.Stride, window.Padding);
    }

    /// <summary>A batch norm that follows no convolution, as its scale and shift.</summary>
    private string Norm(string x, string name)
    {
        (Tensor scale, Tensor shift) = ScaleAndShift(name);
        string scaled = graph.Apply("Mul", [x, graph.Constant($"{name}.scale", scale.view(-1, 1, 1))]);
        return graph.Apply("Add", [scaled, graph.Constant($"{name}.shift", shift.view(-1, 1, 1))]);
    }

    private (Tensor Scale, Tensor Shift) ScaleAndShift(string norm)
    {
        Tensor Of(string part) => tensors[$"{prefix}{norm}.{part}"].to_type(ScalarType.Float64);
        Tensor scale = Of("weight") / Of("running_var").Plus(BatchNormLayer.Epsilon).sqrt();
        return (scale, Of("bias") - Of("running_mean") * scale);
    }
}
