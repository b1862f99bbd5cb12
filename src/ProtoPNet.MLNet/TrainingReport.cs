using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>What happened in training.</summary>
/// <param name="Phases">Each phase, in order.</param>
/// <param name="Skipped">Images that could not be used.</param>
/// <param name="TrainingImages">Images that were learned from.</param>
/// <param name="ValidationImages">Images that choices were made on.</param>
/// <param name="Elapsed">How long training took, reading the images not counted.</param>
public sealed record TrainingReport(
    IReadOnlyList<PhaseReport> Phases, IReadOnlyList<SkippedImage> Skipped, int TrainingImages, int ValidationImages, TimeSpan Elapsed);

/// <summary>A phase that has ended, and the model as it is then.</summary>
/// <param name="Report">What the phase came to.</param>
/// <param name="Model">
/// The model, to be measured. Training goes on with its network, so that it is disposed of when the call returns; disposing of it earlier harms nothing.
/// </param>
public sealed record PhaseResult(PhaseReport Report, ProtoPNetTransformer Model);
