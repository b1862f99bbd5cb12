using Microsoft.ML;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>What trainers warn of.</summary>
internal static class TrainingWarnings
{
    private static readonly string[] Trainers = [nameof(ProtoPNetTrainer), nameof(PooledImageClassifierTrainer)];

    /// <summary>Shows warnings during training; skipped pictures are listed at the end.</summary>
    public static void Show(object? sender, LoggingEventArgs log)
    {
        if (log.Kind == ChannelMessageKind.Warning && Trainers.Any(name => log.Source.StartsWith(name, StringComparison.Ordinal))
            && !log.RawMessage.StartsWith("Left out", StringComparison.Ordinal))
            Console.Error.WriteLine($"warning: {Wording.OfTool(log.RawMessage)}");
    }
}
