using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>Whose features are wanted.</summary>
/// <param name="Views">The views.</param>
/// <param name="Code">The form in which features are kept.</param>
internal sealed record WantedFeatures(ViewRequest[] Views, FeatureCode Code)
{
    /// <summary>Whether later runs may want them too; their file then stays, if the run keeps files.</summary>
    public bool Later { get; init; }
}
