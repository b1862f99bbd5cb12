using ProtoPNet.MLNet.Network;
using TorchSharp;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>A checkpoint to resume from.</summary>
internal sealed class Checkpoint : IDisposable
{
    private readonly CheckpointFile _file;

    private Checkpoint(CheckpointFile file) => _file = file;

    public string Path => _file.Path;

    public CheckpointDescription Description => _file.Description;

    /// <summary>The checkpoint in <paramref name="folder"/>, or null if there is none.</summary>
    /// <exception cref="CheckpointException">It is damaged, or of a format that this version does not read.</exception>
    public static Checkpoint? Find(string? folder)
        => folder is not null && TrainingCheckpoint.PathIn(folder) is var path && File.Exists(path) ? new(CheckpointFile.Open(path)) : null;

    /// <summary>Whether a run with these options can resume from it. A finished checkpoint with different options is replaced.</summary>
    /// <exception cref="CheckpointException">It belongs to an unfinished run with different options.</exception>
    public bool Fits(IReadOnlyDictionary<string, string> options) => Accept(RunOptions.Differences(Description.Options, options));

    /// <summary>Whether a run on these images can resume from it. A finished checkpoint with different images is replaced.</summary>
    /// <exception cref="CheckpointException">It belongs to an unfinished run on different images, or is damaged.</exception>
    public bool Fits(RunImages images) => Accept(images.Differences(_file.Numbers<byte>(StateTensors.Images)));

    /// <summary>The network of the checkpoint; its <paramref name="architecture"/> is that of the options.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public ProtoPNetNetwork Network(NetworkArchitecture architecture)
    {
        _file.Verify();
        string[] names = [.. _file.Tensors.Select(t => t.Name)
            .Where(n => n.StartsWith(StateTensors.Network, StringComparison.Ordinal)).Select(n => n[StateTensors.Network.Length..])];
        ProtoPNetNetwork? network = null;
        try
        {
            network = new ProtoPNetNetwork(architecture with { PrototypeClasses = Description.PrototypeClasses }, initial: null);
            StateDict.Assign(network, names, name => _file.Load(StateTensors.Network + name), _file.Path);
            return network;
        }
        catch (Exception e) when (e is StateDictMismatchException or ArgumentException)
        {
            network?.Dispose();
            throw _file.Damaged(e.Message);
        }
    }

    /// <summary>Restores the rest of a state that already has the checkpoint's network.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public void Restore(TrainingState state, TrainingSchedule schedule, int images)
    {
        IReadOnlyList<TrainingPhase> phases = schedule.Phases;
        CheckpointDescription description = Description;
        if (description.Ended.Count > phases.Count) throw _file.Damaged($"it reports {description.Ended.Count} ended phases of {phases.Count}.");
        if (description.Epochs < 0 || description.JointEpochs < 0) throw _file.Damaged("its epoch count is negative.");
        if (description.Penalties is { Temperature: not (> 0 and < double.PositiveInfinity) }) throw _file.Damaged("its temperature is not above 0.");
        using (torch.NewDisposeScope()) StateTensors.Restore(_file, state, images);
        if (description.UsualFamiliarity is { IsPossible: false } usual) throw _file.Damaged($"its usual familiarity is {usual}.");
        (state.Epochs, state.JointEpochs, state.Penalties) = (description.Epochs, description.JointEpochs, description.Penalties);
        state.UsualFamiliarity = description.UsualFamiliarity;
        foreach ((int i, CheckpointDescription.Phase ended) in description.Ended.Index())
            state.Ended.Add(new(phases[i], ended.Seconds, ended.ImagesPerSecond, ended.ValidationAccuracy, ended.Epochs, ended.LastLayer,
                ended.Path is { } points ? StateTensors.Path(_file, i, points, state.Network.Architecture.Classes) : null)
            {
                Distinct = ended.Distinct,
                Removal = ended.Removal,
                Steadied = ended.Steadied,
                Temperature = ended.Temperature,
                Precision = ended.Precision,
            });
        (state.HasBegun, state.Clock) = (true, new(description.Elapsed));
        if (description.Running is { } running) state.Running = new(running);
    }

    public void Dispose() => _file.Dispose();

    private bool Accept(IReadOnlyList<CheckpointDifference> differences)
        => differences.Count == 0 || (Description.IsFinished ? false : throw new CheckpointException(_file.Path, differences));
}
