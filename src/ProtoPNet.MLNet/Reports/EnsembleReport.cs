using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Reports;

/// <summary>A member's part of an ensemble's report.</summary>
/// <param name="Share">Its share of the predicted class's logit.</param>
/// <param name="Report">Its report, for the ensemble's classes: <see cref="LocalReport.Evidence"/> begins with the class that the ensemble
/// predicts.</param>
public sealed record MemberReport(MemberShare Share, LocalReport Report);

/// <summary>The explanation of one photograph by an ensemble, for rendering as a page, JSON or pictures.</summary>
/// <param name="Explanation">The explanation.</param>
/// <param name="Photograph">The explained photograph.</param>
/// <param name="Name">The photograph's name.</param>
/// <param name="Classes">The classes to show, the predicted one first.</param>
/// <param name="Members">The members' parts, in the order of the ensemble.</param>
public sealed record EnsembleReport(
    EnsembleExplanation Explanation, RgbImage Photograph, string Name, IReadOnlyList<ClassScore> Classes, IReadOnlyList<MemberReport> Members);
