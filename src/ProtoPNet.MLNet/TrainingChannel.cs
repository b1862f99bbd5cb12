using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>Reports progress and the metrics of each epoch to ML.NET's progress channel.</summary>
internal sealed class TrainingChannel(IProgressChannel channel) : IDisposable
{
    private static readonly string[] Metrics = ["Loss", "Cross Entropy", "Accuracy", "Validation Loss", "Validation Accuracy"];

    private volatile TrainingProgress? _last;
    private int _phase;

    public void Tell(TrainingProgress progress)
    {
        _last = progress;
        if (progress.Phase != _phase) channel.SetHeader(new(Metrics, ["phases", $"epochs of {progress.PhaseName}"]), Fill);
        _phase = progress.Phase;
        if (progress.Metrics is { } m)
            channel.Checkpoint(
                m.Loss, m.CrossEntropy, m.Accuracy, m.ValidationLoss, m.ValidationAccuracy,
                progress.Phase - 1, progress.Epoch, progress.Phases, progress.Epochs);
    }

    public void Dispose() => channel.Dispose();

    /// <summary>Called on another thread by whatever displays progress.</summary>
    private void Fill(IProgressEntry entry)
    {
        if (_last is not { } progress) return;
        entry.SetProgress(0, progress.Phase - 1, progress.Phases);
        entry.SetProgress(1, progress.PhaseFraction * progress.Epochs, progress.Epochs);
    }
}
