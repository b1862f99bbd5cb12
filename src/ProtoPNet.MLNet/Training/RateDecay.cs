using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Training;

/// <summary>How a learning rate decays during training: a factor per epoch.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "decay")]
[JsonDerivedType(typeof(Constant), "constant")]
[JsonDerivedType(typeof(Step), "step")]
[JsonDerivedType(typeof(Cosine), "cosine")]
public abstract record RateDecay
{
    private RateDecay() { }

    /// <summary>The factor at a point of a phase.</summary>
    /// <param name="progress">The fraction of the phase done, in [0, 1).</param>
    /// <param name="epoch">The epochs before this one: of all joint phases since training began, or of another phase itself.</param>
    internal abstract double Factor(double progress, int epoch);

    /// <summary>Why this decay is invalid; null if it is valid.</summary>
    internal virtual string? Fault => null;

    /// <summary>The rate is constant.</summary>
    public sealed record Constant : RateDecay
    {
        internal override double Factor(double progress, int epoch) => 1;
    }

    /// <summary>
    /// The rate is multiplied by <paramref name="Gamma"/> every <paramref name="Epochs"/> epochs. Those of all joint phases are counted together, as in the
    /// published code; other phases begin anew.
    /// </summary>
    public sealed record Step(int Epochs, double Gamma) : RateDecay
    {
        internal override double Factor(double progress, int epoch) => Math.Pow(Gamma, epoch / Epochs);

        internal override string? Fault => Limits.AtLeast(1, $"{nameof(Epochs)} of the decay", Epochs)
            ?? Limits.NotNegative($"{nameof(Gamma)} of the decay", Gamma);
    }

    /// <summary>The rate falls to zero over the phase along half a cosine.</summary>
    public sealed record Cosine : RateDecay
    {
        internal override double Factor(double progress, int epoch) => 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}
