using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>The result of training.</summary>
/// <param name="Phases">Each phase, in order.</param>
/// <param name="Skipped">Images that could not be used.</param>
/// <param name="TrainingImages">The number of training images.</param>
/// <param name="ValidationImages">The number of held-out images, used for choices.</param>
/// <param name="Elapsed">How long training took, excluding the reading of images.</param>
public sealed record TrainingReport(
    IReadOnlyList<PhaseReport> Phases, IReadOnlyList<SkippedImage> Skipped, int TrainingImages, int ValidationImages, TimeSpan Elapsed);

/// <summary>A phase that has ended, and the model at that point.</summary>
/// <param name="Report">The result of the phase.</param>
/// <param name="Model">
/// The model, for measuring. It is disposed of when the callback returns, since training continues with its network; disposing of it earlier is safe.
/// </param>
public sealed record PhaseResult(PhaseReport Report, ProtoPNetTransformer Model);
