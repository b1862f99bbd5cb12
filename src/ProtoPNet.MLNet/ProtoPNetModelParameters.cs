using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet;

/// <summary>The learned parameters of a ProtoPNet, in ML.NET's form: the prototypes and the last layer. Values that outlive the model.</summary>
public sealed class ProtoPNetModelParameters
{
    private readonly float[,] _weights;

    internal ProtoPNetModelParameters(TrainedProtoPNet model)
        => (ClassNames, Prototypes, _weights) = (model.ClassNames, model.Prototypes, model.LastLayerWeights);

    /// <summary>The names of the K classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The P prototypes.</summary>
    public IReadOnlyList<Prototype> Prototypes { get; }

    /// <summary>The weight of a prototype in the logit of a class: similarity × weight is its contribution.</summary>
    /// <param name="classIndex">The class, 0 to K − 1.</param>
    /// <param name="prototypeIndex">The prototype, 0 to P − 1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such class or prototype.</exception>
    public float Weight(int classIndex, int prototypeIndex) => _weights[classIndex, prototypeIndex];
}
