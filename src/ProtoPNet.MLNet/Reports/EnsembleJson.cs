using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The numbers of an ensemble's page, in the form of its JSON.</summary>
internal sealed record EnsembleJson(
    string Photograph, string Predicted, float? Familiarity, IReadOnlyList<ClassScore> Classes, IEnumerable<EnsembleJson.OfMember> Members)
{
    public static EnsembleJson Of(EnsembleReport report) => new(report.Name, report.Explanation.Predicted.Name, report.Explanation.Familiarity,
        report.Explanation.Ranking,
        report.Members.Select(member => new OfMember(
            member.Share.Member.Name, member.Share.Points,
            report.Classes.Select(score => new ClassShare(score.Name, score.Index, member.Share.Member.Logits[score.Index])),
            LocalJson.Of(member.Report))));

    /// <param name="Member">Its name.</param>
    /// <param name="Points">Its share of the predicted class's logit.</param>
    /// <param name="Shares">The same for each class shown.</param>
    /// <param name="Explanation">Its own explanation; class numbers are the member's.</param>
    internal sealed record OfMember(string Member, float Points, IEnumerable<ClassShare> Shares, LocalJson Explanation);

    internal sealed record ClassShare(string Class, int ClassIndex, float Points);
}
