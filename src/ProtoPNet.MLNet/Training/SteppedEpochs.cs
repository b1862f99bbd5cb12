using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Epochs of steps. Training can stop between any two steps and go on there in another process: a resumed epoch skips the batches that are done and
/// keeps their losses.
/// </summary>
internal sealed class SteppedEpochs(TrainingSession session, PhaseProgress progress, int epochs)
{
    private const int ShownImages = 10;

    /// <param name="source">The batches.</param>
    /// <param name="begin">Called before each epoch, and before the rest of one.</param>
    /// <param name="step">Learns from a batch, told how much of the phase is done; returns its loss parts (7).</param>
    /// <param name="complete">Adds to the figures of an epoch that has been run.</param>
    /// <param name="isOver">Asked before each epoch whether the phase ends early; null: it never does.</param>
    /// <exception cref="InvalidOperationException">A loss is no longer finite.</exception>
    public void Run(
        IBatchSource source, Action begin, Func<TrainingBatch, double, Tensor> step, Func<EpochMetrics, EpochMetrics> complete,
        Func<bool>? isOver = null)
    {
        try
        {
            for (int epoch = progress.Epochs.Count; epoch < epochs && isOver?.Invoke() != true; epoch++)
            {
                begin();
                RunSteps(epoch, source, step);
                CheckFinite(source);
                session.Evaluating();
                EpochMetrics metrics = complete(session.Losses.Mean(source.Count));
                session.EndEpoch();
                progress.EpochEnded(epochs, metrics);
            }
        }
        catch (OperationCanceledException)
        {
            if (session.Settings.Checkpoints is { } checkpoints && session.Losses.FirstNonFinite() is null && WeightsAreFinite())
                checkpoints.Write(session);
            throw;
        }
    }

    private void RunSteps(int epoch, IBatchSource source, Func<TrainingBatch, double, Tensor> step)
    {
        int done = Math.Min(session.Losses.Count * source.BatchSize, source.Count);
        progress.EpochStarted(done, (epoch + (double)done / source.Count) / epochs);
        foreach (TrainingBatch batch in source.Epoch(session.Epochs, session.Settings.Cancellation, session.Losses.Count))
        {
            session.Settings.CheckAlive();
            using (NewDisposeScope()) session.Losses.Add(step(batch, (epoch + (double)done / source.Count) / epochs));
            done += batch.Images.Length;
            if (session.Settings.Checkpoints is { IsDue: true } checkpoints)
            {
                CheckFinite(source);
                checkpoints.Write(session);
            }
            progress.Advanced(epoch, epochs, done, source.Count);
        }
    }

    /// <summary>
    /// Losses are looked at once in a while only, so that no step waits for the device; a wrong one is then traced back to its batch.
    /// </summary>
    private void CheckFinite(IBatchSource source)
    {
        if (session.Losses.FirstNonFinite() is { } wrong)
            throw new InvalidOperationException(Diverged($"The loss of step {wrong + 1}", source, wrong));
        if (session.Losses.Count > 0 && !WeightsAreFinite())
            throw new InvalidOperationException(Diverged($"A weight after step {session.Losses.Count}", source, session.Losses.Count - 1));
    }

    private bool WeightsAreFinite()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        return StateDict.Of(session.Network).All(t => t.Tensor.isfinite().all().item<bool>());
    }

    private string Diverged(string what, IBatchSource source, int step)
    {
        int[] images = [.. source.ImagesOf(session.Epochs, step).Distinct()];
        string names = string.Join(", ", images.Take(ShownImages).Select(i => $"'{session.Images[i].Id}'"))
            + (images.Length > ShownImages ? $" and {images.Length - ShownImages} more" : "");
        string kept = session.Settings.Checkpoints switch
        {
            null => "No checkpoint was kept: no folder for one is set.",
            { LastPlace: { } place, Path: var path } => $"The last good checkpoint is '{path}' ({place}).",
            { Path: var path } => $"There is no good checkpoint in '{path}' yet.",
        };
        return $"{what} in epoch {progress.Epochs.Count + 1} of phase '{progress.Name}' is no longer a finite number. "
            + $"The step's images: {names}. Lower the learning rates, or look at these images. {kept}";
    }
}
