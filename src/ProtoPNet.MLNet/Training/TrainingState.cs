using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Everything that training changes, and exactly what a checkpoint keeps: the network, its optimisers, and how far the run has come. Data only; it
/// does not depend on the code that works on it.
/// </summary>
internal sealed class TrainingState(ProtoPNetNetwork network) : IDisposable
{
    private bool _handedOver;

    /// <summary>The network; pruning replaces it with a smaller one.</summary>
    public ProtoPNetNetwork Network { get; private set; } = network;

    public Optimisers Optimisers { get; private set; } = new(network);

    /// <summary>The head of the pooled cost; null until a phase has one.</summary>
    public PooledHead? Pooled { get; set; }

    /// <summary>Epochs of all phases so far; the views of an epoch depend on it.</summary>
    public int Epochs { get; set; }

    /// <summary>Epochs of joint phases so far; stepwise decay counts them.</summary>
    public int JointEpochs { get; set; }

    /// <summary>Where the last projection placed the prototypes; empty before the first.</summary>
    public IReadOnlyList<PlacedPrototype> Projected { get; set; } = [];

    /// <summary>The penalties of the last fit of the last layer; null if there was none, or the last layer has been stepped since.</summary>
    public LastLayerPenalties? Penalties { get; set; }

    /// <summary>How familiar the training images look, measured when the last phase has ended; null before, or if no prototype has a place.</summary>
    public UsualFamiliarity? UsualFamiliarity { get; set; }

    /// <summary>The weights of the running phase's best epoch, if the phase stops early.</summary>
    public BestWeights Best { get; } = new();

    /// <summary>The losses of the running epoch's steps, one row per batch.</summary>
    public EpochLosses Losses { get; } = new();

    /// <summary>Reports of the phases that have ended.</summary>
    public List<PhaseReport> Ended { get; } = [];

    /// <summary>The running phase; null between phases.</summary>
    public RunningPhase? Running { get; set; }

    /// <summary>The time of the run, including the time before it was resumed.</summary>
    public RunClock Clock { get; set; } = new(TimeSpan.Zero);

    /// <summary>Whether prototypes have been placed; false only before the run begins.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Switches to a network of fewer prototypes, with fresh optimisers.</summary>
    public void Replace(ProtoPNetNetwork smaller, IReadOnlyList<PlacedPrototype> projected)
    {
        Optimisers.Dispose();
        Network.Dispose();
        (Network, Projected, Optimisers) = (smaller, projected, new(smaller));
    }

    /// <summary>Transfers ownership of the network to the caller.</summary>
    public ProtoPNetNetwork HandOver()
    {
        _handedOver = true;
        return Network;
    }

    /// <summary>Releases everything, including the network unless it has been handed over.</summary>
    public void Dispose()
    {
        if (!_handedOver) Network.Dispose();
        Optimisers.Dispose();
        Pooled?.Dispose();
        Losses.Dispose();
        Best.Dispose();
    }
}

/// <summary>A phase that has begun.</summary>
/// <param name="before">Its time and epochs before an interruption.</param>
internal sealed class RunningPhase(PhaseSoFar before)
{
    public RunClock Clock { get; } = new(before.Elapsed);

    /// <summary>The metrics of its epochs so far.</summary>
    public List<EpochMetrics> Epochs { get; } = [.. before.Epochs];
}

/// <summary>How far an interrupted phase had come.</summary>
/// <param name="Elapsed">The time it had taken.</param>
/// <param name="Epochs">The metrics of its epochs.</param>
internal sealed record PhaseSoFar(TimeSpan Elapsed, IReadOnlyList<EpochMetrics> Epochs)
{
    public static PhaseSoFar Nothing { get; } = new(TimeSpan.Zero, []);
}
