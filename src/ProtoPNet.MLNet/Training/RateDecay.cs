using System.Text.Json.Serialization;

namespace ProtoPNet.MLNet.Training;

/// <summary>How a learning rate falls during training: a factor for each epoch.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "decay")]
[JsonDerivedType(typeof(Constant), "constant")]
[JsonDerivedType(typeof(Step), "step")]
[JsonDerivedType(typeof(Cosine), "cosine")]
public abstract record RateDecay
{
    private RateDecay() { }

    /// <summary>The factor at a moment of a phase.</summary>
    /// <param name="progress">How much of the phase is done, in [0, 1).</param>
    /// <param name="epoch">Epochs done by all phases of this kind since training began.</param>
    internal abstract double Factor(double progress, int epoch);

    /// <summary>Why the rate cannot fall like this; null if it can.</summary>
    internal virtual string? Fault => null;

    /// <summary>The rate does not fall.</summary>
    public sealed record Constant : RateDecay
    {
        internal override double Factor(double progress, int epoch) => 1;
    }

    /// <summary>
    /// The rate is multiplied by <paramref name="Gamma"/> every <paramref name="Epochs"/> epochs, counted over all phases of the kind.
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
