using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>What a backbone consists of, before a single tensor is made.</summary>
internal abstract record BackbonePlan(string Name, int Stages)
{
    /// <summary>The windows on the longest path through that network, in order: they make the receptive field.</summary>
    public abstract IEnumerable<Window> Windows(int stages);

    /// <summary>The number of stages meant: all where nothing is said.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public int CheckStages(int? stages)
        => stages is null ? Stages
            : stages >= 1 && stages <= Stages ? stages.Value
            : throw new ArgumentOutOfRangeException(nameof(stages), stages, $"{Name} has {Stages} stages: cut it after 1 to {Stages}.");
}
