namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>The identity of a run: a checkpoint can only be resumed by a run with the same identity.</summary>
/// <param name="Schedule">The phases.</param>
/// <param name="Seed">Determines everything random.</param>
/// <param name="Options">All options that the model depends on, by name.</param>
/// <param name="Images">The images.</param>
internal sealed record RunIdentity(TrainingSchedule Schedule, ulong Seed, IReadOnlyDictionary<string, string> Options, RunImages Images);
