using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet;

/// <summary>What a ProtoPNet has learned, as ML.NET's trainers give it: the prototypes and the last layer. Values that outlive the model.</summary>
public sealed class ProtoPNetModelParameters
{
    private readonly float[,] _weights;

    internal ProtoPNetModelParameters(TrainedProtoPNet model)
        => (ClassNames, Prototypes, _weights) = (model.ClassNames, model.Prototypes, model.LastLayerWeights);

    /// <summary>The names of the K classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The P prototypes.</summary>
    public IReadOnlyList<Prototype> Prototypes { get; }

    /// <summary>The weight of a prototype in the logit of a class: its similarity times this is its points.</summary>
    /// <param name="classIndex">The class, from 0 to K − 1.</param>
    /// <param name="prototypeIndex">The prototype, from 0 to P − 1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such class or prototype.</exception>
    public float Weight(int classIndex, int prototypeIndex) => _weights[classIndex, prototypeIndex];
}
