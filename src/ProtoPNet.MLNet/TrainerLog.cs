using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Onnx;
using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>Reports training to ML.NET's log and to the caller's callback.</summary>
internal sealed class TrainerLog(IChannel channel, Action<TrainingProgress>? callback)
{
    public void Read(TrainingImages images, IReadOnlyList<SkippedImage> skipped)
    {
        channel.Info($"Training on {images.Training.Length} images of {images.ClassNames.Count} classes"
            + (images.Validation.Length > 0 ? $"; {images.Validation.Length} held out for validation." : "."));
        foreach (SkippedImage image in skipped)
            channel.Warning($"Left out row {image.Row}{(image.OfValidationSet ? " of the validation set" : "")} ({image.ImageId}): {image.Reason}");
    }

    /// <summary>Logs what a run that does not resume from a checkpoint starts with.</summary>
    public void Begins(NetworkArchitecture architecture, PretrainedWeights weights, Device device, ulong seed)
    {
        channel.Info($"{architecture.Backbone}{(architecture.Stages is { } stages ? $" to stage {stages}" : "")}, weights: {weights.TextFor(architecture.Backbone)}, "
            + $"device: {device}, seed: {seed}.");
        if (device.type == DeviceType.CPU && OnnxStretch.Missing() is { } missing)
            channel.Info($"Features are computed by libtorch, not by ONNX Runtime: {missing}.");
        if (weights.AreRandom(architecture.Backbone))
            channel.Warning("The backbone starts from random weights: accuracy will stay far below that of pretrained weights, and prototypes will "
                + "show little. Use Backbone.DnnResNet18, PretrainedWeights.ImageNet, or a file of weights (PretrainedWeights.File).");
    }

    /// <summary>Logs what an earlier model gives.</summary>
    public void Inherits(Inheritance inherited) => channel.Info($"{inherited}");

    /// <summary>Logs that training resumes from an accepted checkpoint.</summary>
    public void GoesOn(TrainingCheckpoint checkpoint)
    {
        channel.Info($"Resuming from the checkpoint of {checkpoint.Written:u}: {checkpoint.Place}, after {ClockText.Of(checkpoint.Elapsed)}.");
        callback?.Invoke(new()
        {
            Phase = 0,
            Phases = 0,
            PhaseName = "preparation",
            PhaseFraction = 0,
            Elapsed = checkpoint.Elapsed,
            GoesOnFrom = checkpoint,
        });
    }

    public void Warn(string message) => channel.Warning(message);

    public void Progress(TrainingProgress progress)
    {
        if (progress.Metrics is { } m)
            channel.Info($"{progress.PhaseName} {progress.Epoch}/{progress.Epochs}: loss {m.Loss:F4} "
                + $"(cross entropy {m.CrossEntropy:F4}, cluster {m.Cluster:F4}, separation {m.Separation:F4}), "
                + $"accuracy {m.Accuracy:P1}{(m.ValidationAccuracy is { } v ? $", validation {v:P1}" : "")}"
                + $"{(m.ValidationLoss is { } loss ? $" (loss {loss:F4})" : "")}"
                + $"{(m.ProjectedAccuracy is { } projected ? $", projected {projected:P1}" : "")}, "
                + $"{progress.ImagesPerSecond:F0} images/s");
        callback?.Invoke(progress);
    }

    /// <summary>Logs how far prototypes are from their patches, if the schedule lets batch-norm statistics drift.</summary>
    public void Drifted(IReadOnlyList<double> distances)
    {
        channel.Warning("Batch-norm statistics have drifted, as the schedule allows: "
            + $"{distances.Count(d => !PatchCheck.IsSame(d))} of {distances.Count} "
            + $"prototypes are no longer their patches (largest squared distance {distances.Max():G3}). "
            + "Explanations then do not show what is actually compared.");
    }

    public void PhaseEnded(PhaseReport report)
        => channel.Info($"{report.Phase.Name} took {report.Seconds:F1} s"
            + (report.ValidationAccuracy is { } v ? $"; validation accuracy {v:P1}" : "")
            + (report.LastLayer is { } l ? $"; {l}" : "") + (report.Distinct is { } d ? $"; {d}" : "")
            + (report.Removal is { } r ? $"; {r}" : "") + (report.Steadied is { } s ? $"; {s}" : "")
            + (report.Precision is TrainingPrecision.BFloat16 ? "; the backbone learned in bfloat16" : "")
            + (report.Temperature is { } t ? $"; weights divided by the temperature {t:G3}" : "") + ".");
}
