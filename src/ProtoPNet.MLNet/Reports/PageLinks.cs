using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>How an explanation's page names what other pages are about.</summary>
/// <param name="Class">A class.</param>
/// <param name="Prototype">A prototype.</param>
internal sealed record PageLinks(Func<ClassScore, Markup> Class, Func<Prototype, Markup> Prototype)
{
    /// <summary>By name, without a link: there are no other pages.</summary>
    public static PageLinks None { get; } = new(static score => Markup.Of($"{score.Name}"), static prototype => Markup.Of($"{prototype.Title}"));
}
