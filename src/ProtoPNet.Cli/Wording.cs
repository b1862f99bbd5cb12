using System.Text.RegularExpressions;

namespace ProtoPNet.Cli;

/// <summary>Rewords the library's messages for the command line: options instead of properties, no method parameters.</summary>
internal static partial class Wording
{
    private static readonly (string Library, string Tool)[] Words =
    [
        ("Backbone.DnnResNet18", "--backbone dnn-resnet18"),
        ("PretrainedWeights.File", "--weights FILE"),
        ("PretrainedWeights.None", "--weights none"),
        ("PretrainedWeights.ImageNet", "--weights imagenet"),
        ("ValidationFraction", "--validation"),
        ("PrototypesPerClass", "--prototypes-per-class"),
        ("PrototypeDepth", "--depth"),
        ("ImageSize", "--image-size"),
        ("LatentSpace", "--latent-space"),
        ("CheckpointEvery", "--checkpoint-every"),
        ("CheckpointFolder", "--output"),
        ("FeatureCacheMB", "--feature-memory"),
        ("FeatureDiskMB", "--feature-disk"),
        ("FeatureCacheFolder", "--feature-cache"),
        ("Stages is", "--stages is"),
        ("Device is", "--device is"),
        ("Seed is", "--seed is"),
    ];

    /// <summary>An exception's message and, on a separate line, the nearest inner message that adds something.</summary>
    public static string OfTool(Exception e)
    {
        string text = Sentence(e);
        if (e is not InvalidOperationException) return text; // Others already include their cause.
        for (Exception? cause = e.InnerException; cause is not null; cause = cause.InnerException)
            if (Sentence(cause) is var more && !text.Contains(more.TrimEnd('.'), StringComparison.Ordinal))
                return $"{text}\n  {more}";
        return text;
    }

    private static string Sentence(Exception e)
    {
        string text = e.Message;
        if (e is ArgumentException { ParamName: { Length: > 0 } name })
            text = text.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        if (e is ArgumentOutOfRangeException { ActualValue: not null }) text = text.Split(Environment.NewLine + "Actual value was", 2)[0];
        return OfTool(text);
    }

    /// <summary>A message reworded for the command line.</summary>
    public static string OfTool(string text)
    {
        text = Words.Aggregate(text.Trim(), (now, word) => Regex.Replace(now, $@"(?<![\w.]){Regex.Escape(word.Library)}(?![\w.]\w)", word.Tool));
        text = DoubledStop().Replace(text, ".");
        return text.Length > 0 && (char.IsLetterOrDigit(text[^1]) || text[^1] is '\'' or ')' or '"') ? text + "." : text;
    }

    [GeneratedRegex(@"(?<!\.)\.\.(?!\.)")]
    private static partial Regex DoubledStop();
}
