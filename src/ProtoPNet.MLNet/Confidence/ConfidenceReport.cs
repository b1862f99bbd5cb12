namespace ProtoPNet.MLNet.Confidence;

/// <summary>A scored photograph.</summary>
/// <param name="Probabilities">The class probabilities (K).</param>
/// <param name="Familiarity">
/// How familiar it looks; see <see cref="ProtoPNetCatalog.AbstainBelow"/>. Null from a model that has no such measure, for all photographs alike.
/// </param>
public sealed record ScoredPhotograph(float[] Probabilities, float? Familiarity)
{
    /// <summary>The most probable class, 0-based.</summary>
    public int Predicted => Array.IndexOf(Probabilities, Probabilities.Max());
}

/// <summary>What happens if predictions are given from a familiarity on, and the answer is "unknown" below it.</summary>
/// <param name="Threshold">The lowest familiarity that is answered.</param>
/// <param name="Answered">The share of the photographs that are answered, from 0 to 1.</param>
/// <param name="Accuracy">The share of right answers among the answers; null if there are none.</param>
/// <param name="NovelAnswered">The share of the novel photographs that are answered, although none should be; null if there are none.</param>
public sealed record AbstentionPoint(double Threshold, double Answered, double? Accuracy, double? NovelAnswered);

/// <summary>How far the probabilities of a model can be believed, and whether it notices what it does not know.</summary>
/// <param name="Calibration">The calibration of its probabilities.</param>
/// <param name="Temperature">The temperature that its last layer was divided by; 1 if none was fitted.</param>
/// <param name="BeforeTemperature">The calibration that its probabilities would have without it; null if none was fitted.</param>
/// <param name="Abstention">What several thresholds of familiarity lead to; empty for a model that has none.</param>
public sealed record ConfidenceReport(
    CalibrationMetrics Calibration, double Temperature, CalibrationMetrics? BeforeTemperature, IReadOnlyList<AbstentionPoint> Abstention)
{
    /// <summary>Photographs of something else, told apart by their familiarity; null if there are none, or no familiarity.</summary>
    public NoveltyMetrics? ByFamiliarity { get; init; }

    /// <summary>The same by the probability of the predicted class.</summary>
    public NoveltyMetrics? ByProbability { get; init; }

    /// <summary>Measures a model.</summary>
    /// <param name="photographs">Photographs of its classes.</param>
    /// <param name="labels">Their classes, 0-based.</param>
    /// <param name="novel">Photographs of something else; may be empty.</param>
    /// <param name="temperature">The temperature that its last layer was divided by.</param>
    /// <param name="thresholds">Familiarities to report on, besides those that keep 99, 95 and 90 % of the photographs.</param>
    /// <exception cref="ArgumentException">
    /// There are no photographs, their numbers differ, or a figure is not a number; only some have a familiarity, or none has and there are thresholds.
    /// </exception>
    public static ConfidenceReport Of(
        IReadOnlyList<ScoredPhotograph> photographs, IReadOnlyList<int> labels, IReadOnlyList<ScoredPhotograph> novel, double temperature,
        params IReadOnlyList<double> thresholds)
    {
        ArgumentNullException.ThrowIfNull(photographs);
        ArgumentNullException.ThrowIfNull(novel);
        ArgumentNullException.ThrowIfNull(thresholds);
        if (!(temperature is > 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature is {temperature}; it must be above 0.");
        ScoredPhotograph[] all = [.. photographs, .. novel];
        if (all.Any(one => one.Familiarity is { } known && float.IsNaN(known)))
            throw new ArgumentException("The familiarity of a photograph is not a number.");
        bool familiar = all.All(one => one.Familiarity is not null);
        if (!familiar && all.Any(one => one.Familiarity is not null)) throw new ArgumentException("Only some of the photographs have a familiarity.");
        if (!familiar && thresholds.Count > 0) throw new ArgumentException("There are thresholds of familiarity, which the photographs have none of.");
        CalibrationMetrics calibration = CalibrationMetrics.Of([.. photographs.Select(one => one.Probabilities)], labels);
        CalibrationMetrics? before = temperature == 1 ? null
            : CalibrationMetrics.Of([.. photographs.Select(one => Without(one.Probabilities, temperature))], labels);
        return new(calibration, temperature, before, familiar ? [.. Usual().Concat(thresholds).Distinct().Order().Select(At)] : [])
        {
            ByFamiliarity = familiar ? Compared(one => one.Familiarity!.Value) : null,
            ByProbability = Compared(one => one.Probabilities.Max()),
        };

        // Rounded down to what is printed, so that a threshold that is typed again keeps no fewer.
        IEnumerable<double> Usual()
        {
            float[] familiarities = [.. photographs.Select(one => one.Familiarity!.Value).OrderDescending()];
            return new[] { 0.99, 0.95, 0.9 }.Select(share => Math.Floor(1000 * (double)familiarities[(int)Math.Ceiling(share * familiarities.Length - 1e-9) - 1]) / 1000);
        }

        AbstentionPoint At(double threshold)
        {
            float least = (float)threshold; // as AbstainBelow compares
            int[] answered = [.. Enumerable.Range(0, photographs.Count).Where(i => photographs[i].Familiarity >= least)];
            return new(
                threshold, (double)answered.Length / photographs.Count,
                answered.Length == 0 ? null : answered.Count(i => photographs[i].Predicted == labels[i]) / (double)answered.Length,
                novel.Count == 0 ? null : novel.Count(one => one.Familiarity >= least) / (double)novel.Count);
        }

        NoveltyMetrics? Compared(Func<ScoredPhotograph, float> score)
            => novel.Count == 0 ? null : NoveltyMetrics.Of([.. photographs.Select(score)], [.. novel.Select(score)]);
    }

    /// <summary>softmax(T z) for the z of which these are softmax(z).</summary>
    private static float[] Without(float[] probabilities, double temperature)
    {
        double most = probabilities.Max();
        double[] powers = [.. probabilities.Select(p => Math.Pow(p / most, temperature))];
        double sum = powers.Sum();
        return [.. powers.Select(power => (float)(power / sum))];
    }
}
