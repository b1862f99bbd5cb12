using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.MLNet.Reports;

/// <summary>A line of the comparison: a measure, and its value for each model.</summary>
/// <param name="Name">The measure.</param>
/// <param name="Meaning">What it says.</param>
/// <param name="Values">One for each model, for readers; a dash where the measure does not apply.</param>
public sealed record ComparisonRow(string Name, string Meaning, IReadOnlyList<string> Values);

/// <summary>The table of a comparison: what applies to none of the models is left out.</summary>
internal static class ComparisonRows
{
    private const string None = "–";

    public static IReadOnlyList<ComparisonRow> Of(IReadOnlyList<ComparedModel> models)
    {
        return [.. All().Where(row => row.Values.Any(value => value != None))];

        IEnumerable<ComparisonRow> All()
        {
            yield return Row("accuracy", "photographs classified correctly", m => Figures.PercentText(m.Accuracy));
            yield return Row("log-loss", "mean cross entropy in nats; small is good", m => Figures.Text(m.LogLoss, "0.000"));
            yield return Row("calibration error", "how far confidence and accuracy differ", m => Figures.PercentText(m.Confidence.Calibration.ExpectedError));
            yield return Row("– by chance alone", "what perfectly calibrated probabilities would show on as many photographs",
                m => Figures.PercentText(m.Confidence.Calibration.ErrorByChance));
            yield return Row("– before temperature", "without the temperature fitted to held-out photographs",
                m => Share(m.Confidence.BeforeTemperature?.ExpectedError));
            yield return Row("novelty, by familiarity", "AUROC: photographs of something else, told by the familiarity of a ProtoPNet, or the probability of a black box",
                m => Number(m.Confidence.ByFamiliarity?.Auroc));
            yield return Row("novelty, by probability", "the same by the probability of the predicted class", m => Number(m.Confidence.ByProbability?.Auroc));
            yield return Row("training", "", m => m.TrainingSeconds is { } seconds ? Figures.Duration(seconds) : None);
            yield return Row("scoring", "photographs read and scored per second", m => Figures.Text(m.ImagesPerSecond, "0"));
            yield return Row("size", "the model's file", m => Figures.Text(m.FileBytes / 1e6, "0.0") + " MB");
            foreach (double share in models.SelectMany(m => m.Faithfulness.Deletion.Select(point => point.Share)).Distinct().Order())
            {
                string percent = Figures.PercentText(share);
                yield return Row($"deletion, {percent}", $"predictions that change when the {percent} that the explanation marks most are painted over (elsewhere)",
                    m => At(m, share) is { } at ? $"{Figures.PercentText(at.Changed)} ({Figures.PercentText(at.ChangedElsewhere)})" : None);
                yield return Row($"alone, {percent}", $"predictions that stay when nothing but these {percent} is shown",
                    m => Share(At(m, share)?.KeptAlone));
            }
            yield return Row("points at a part", "photographs on which the explanation's peak is at an annotated part", m => Share(m.Faithfulness.PointsAtPart));
            yield return Row("points at the object", "photographs on which its peak is in the object's box", m => Share(m.Faithfulness.PointsAtObject));
            yield return Row("area of the boxes", "share of the photograph that its boxes cover", m => Figures.PercentText(m.Faithfulness.BoxArea));
            yield return Row("prototypes", "", m => m.Prototypes is { } found ? $"{found.Prototypes.Count}" : None);
            yield return Row("evidence size", "prototypes that make up 80 % of the evidence", m => Number(m.Prototypes?.EvidenceSize));
            yield return Row("consistency", "prototypes that point at one part in at least 80 % of their photographs", m => Share(m.Prototypes?.Consistency));
            yield return Row("part purity", "of its ten nearest photographs, those with the same part", m => Share(m.Prototypes?.PartPurity));
            yield return Row("stability", "boxes that hold the same parts under noise", m => Share(m.Prototypes?.Stability));
            yield return Row("class purity", "of its six nearest photographs, those of its class", m => Share(m.Prototypes?.ClassPurity));
        }

        ComparisonRow Row(string name, string meaning, Func<ComparedModel, string> value) => new(name, meaning, [.. models.Select(value)]);
    }

    private static DeletionPoint? At(ComparedModel model, double share) => model.Faithfulness.Deletion.FirstOrDefault(point => point.Share == share);

    private static string Share(double? share) => share is { } known ? Figures.PercentText(known) : None;

    private static string Number(double? number) => number is { } known ? Figures.Text(known, "0.000") : None;
}
