using ProtoPNet.MLNet.Confidence;
using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>Renders reports as pages, JSON and pictures.</summary>
public static class ReportRendering
{
    /// <summary>The explanation as a self-contained page.</summary>
    public static string Html(this LocalReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return LocalPage.Render(report);
    }

    /// <summary>The exact numbers of that page.</summary>
    public static string Json(this LocalReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ReportJson.Write(LocalJson.Of(report));
    }

    /// <summary>
    /// Writes PNG files: the photograph, and for each piece of evidence the part, its overlay and the prototype. Returns their paths.
    /// </summary>
    /// <param name="report">The explanation.</param>
    /// <param name="folder">The folder to write to; created if it does not exist.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static IReadOnlyList<string> WritePictures(this LocalReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        return LocalPictures.Write(report, folder);
    }

    /// <summary>An ensemble's explanation as a self-contained page.</summary>
    public static string Html(this EnsembleReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return EnsemblePage.Render(report);
    }

    /// <summary>The exact numbers of that page.</summary>
    public static string Json(this EnsembleReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ReportJson.Write(EnsembleJson.Of(report));
    }

    /// <summary>Writes the pictures of each member into a folder with its number and name. Returns their paths.</summary>
    /// <param name="report">The explanation.</param>
    /// <param name="folder">The folder to write to; created if it does not exist.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static IReadOnlyList<string> WritePictures(this EnsembleReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        return [.. report.Members.Index().SelectMany(member => LocalPictures.Write(member.Item.Report,
            Path.Combine(folder, $"{member.Index + 1}-{LocalPictures.FileName(member.Item.Share.Member.Name)}")))];
    }

    /// <summary>The gallery as a self-contained page.</summary>
    public static string Html(this GalleryReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return GalleryPage.Render(report);
    }

    /// <summary>How good the explanations of a model are, as a self-contained page.</summary>
    /// <param name="report">The measures.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this InterpretabilityReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(name);
        return MeasuresPage.Render(report, name);
    }

    /// <summary>What a model confuses, as a self-contained page.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this ConfusionReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(name);
        return ConfusionPage.Render(report, name);
    }

    /// <summary>The lines of the comparison's table; measures that apply to none of the models are left out.</summary>
    /// <param name="report">The comparison.</param>
    public static IReadOnlyList<ComparisonRow> Table(this ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ComparisonRows.Of(report.Models);
    }

    /// <summary>The comparison as a self-contained page.</summary>
    /// <param name="report">The comparison.</param>
    public static string Html(this ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ComparisonPage.Render(report);
    }

    /// <summary>How far the probabilities of a model can be believed, as a self-contained page.</summary>
    /// <param name="report">The measures.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this ConfidenceReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(name);
        return ConfidencePage.Render(report, name);
    }

    /// <summary>The exact numbers of that page.</summary>
    public static string Json(this GalleryReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ReportJson.Write(GalleryJson.Of(report));
    }
}
