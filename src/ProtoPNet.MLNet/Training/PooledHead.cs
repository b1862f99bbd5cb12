using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// A linear classifier on the mean of the backbone's map, which learns while the backbone does (<see cref="LossWeights.Pooled"/>) and is not part of the
/// network. Prototypes teach the backbone by the nearest patches alone; this, by every cell.
/// </summary>
internal sealed class PooledHead : IDisposable
{
    /// <param name="weights">K × C.</param>
    /// <param name="biases">K.</param>
    public PooledHead(Tensor weights, Tensor biases)
    {
        Parameter Learned(Tensor start)
        {
            var parameter = new Parameter(start);
            parameter.DetachFromDisposeScope();
            return parameter;
        }

        (Weights, Biases) = (Learned(weights), Learned(biases));
        Adam = new([Weights, Biases]);
    }

    /// <summary>A head that tells nothing apart yet.</summary>
    public PooledHead(ProtoPNetNetwork network)
        : this(
            zeros(network.Architecture.Classes, network.Features.OutputChannels, device: network.PrototypeVectors.device),
            zeros(network.Architecture.Classes, device: network.PrototypeVectors.device))
    {
    }

    public Parameter Weights { get; }

    public Parameter Biases { get; }

    public Adam Adam { get; }

    /// <summary>
    /// Takes one step of its own, and returns what the backbone has to learn from it: the mean of its map over all cells (N × C) and the gradient of the
    /// cost there.
    /// </summary>
    /// <param name="features">The backbone's map (N × C × H × W).</param>
    /// <param name="cost">The cost of N × K logits.</param>
    public (Tensor Mean, Tensor Gradient) Learn(Tensor features, Func<Tensor, Tensor> cost)
    {
        Tensor mean = features.to(ScalarType.Float32).mean([2, 3]), seen = mean.detach().requires_grad_();
        Adam.ZeroGradients();
        cost(seen.matmul(Weights.t()).Plus(Biases)).backward();
        Adam.Step();
        return (mean, seen.grad!);
    }

    public void Dispose()
    {
        Adam.Dispose();
        Weights.Dispose();
        Biases.Dispose();
    }
}
