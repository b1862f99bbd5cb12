using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>How far a prototype can be trusted, in a sentence.</summary>
internal static class TrustWords
{
    /// <summary>What it points at, where parts were annotated; otherwise whether it is specific to its class; null if neither is known.</summary>
    public static string? Of(PrototypeTrust trust) => trust switch
    {
        { BestPart: { Share: >= InterpretabilityReport.Consistent } part } => part.ToString(),
        { BestPart: { } part } => $"points at no part reliably: the {part.Part} in {part.InBox} of {part.Visible} photographs",
        { ClassPurity: { } purity } => $"{Figures.PercentText(purity)} of its nearest photographs are of its class",
        _ => null,
    };
}
