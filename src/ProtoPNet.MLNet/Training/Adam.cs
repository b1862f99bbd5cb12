using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Adam (Kingma and Ba 2015) with weight decay added to the gradient, as in PyTorch. TorchSharp's own Adam frees its scalars before libtorch has
/// read them (<see cref="HeldScalar"/>).
/// </summary>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Group[] _groups;

    public Adam(params IEnumerable<Parameter>[] groups)
        => _groups = [.. groups.Select(g => new Group { Moments = [.. g.Select(p => new Moments(p))] })];

    /// <summary>The moments of each parameter, in order.</summary>
    public IEnumerable<Moments> All => _groups.SelectMany(g => g.Moments);

    /// <summary>Sets the learning rate and weight decay of each group.</summary>
    public Adam With(params (double Rate, double Decay)[] groups)
    {
        for (int i = 0; i < groups.Length; i++) (_groups[i].Rate, _groups[i].Decay) = groups[i];
        return this;
    }

    public void ZeroGradients()
    {
        foreach (Moments one in All) one.Parameter.grad = null;
    }

    /// <summary>Updates every parameter that has a gradient.</summary>
    public void Step()
    {
        using var mode = no_grad();
        foreach (Group group in _groups)
            foreach (Moments one in group.Moments) Step(one, group.Rate, group.Decay);
    }

    public void Dispose()
    {
        foreach (Moments one in All) one.Dispose();
    }

    private static void Step(Moments one, double rate, double decay)
    {
        using var scope = NewDisposeScope();
        if (one.Parameter.grad is not { } gradient) return;
        one.Steps++;
#pragma warning disable RS0030 // Each scalar is kept alive until the end of the step.
        using Scalar beta1 = Beta1, rest1 = 1 - Beta1, beta2 = Beta2, rest2 = 1 - Beta2, epsilon = Epsilon, whole = 1, weightDecay = decay;
        using Scalar correction = Math.Sqrt(1 - Math.Pow(Beta2, one.Steps)), size = -rate / (1 - Math.Pow(Beta1, one.Steps));
#pragma warning restore RS0030
        if (decay != 0) gradient = gradient.add(one.Parameter, weightDecay);
        one.Mean.mul_(beta1).add_(gradient, rest1);
        one.Square.mul_(beta2).addcmul_(gradient, gradient, rest2);
        Tensor scale = one.Square.sqrt().div_(correction).add_(epsilon, whole);
        one.Parameter.addcdiv_(one.Mean, scale, size);
    }

    private sealed class Group
    {
        public required Moments[] Moments { get; init; }

        public double Rate { get; set; }

        public double Decay { get; set; }
    }

    /// <summary>The running means of a parameter's gradient and of its square.</summary>
    internal sealed class Moments : IDisposable
    {
        public Moments(Parameter parameter)
        {
            Parameter = parameter;
            using var mode = no_grad();
            Mean = zeros_like(parameter).DetachFromDisposeScope();
            Square = zeros_like(parameter).DetachFromDisposeScope();
        }

        public Parameter Parameter { get; }

        public Tensor Mean { get; }

        public Tensor Square { get; }

        /// <summary>The number of steps in which the parameter had a gradient.</summary>
        public long Steps { get; set; }

        public void Dispose()
        {
            Mean.Dispose();
            Square.Dispose();
        }
    }
}
