namespace ProtoPNet.MLNet.Training.Estimates;

/// <summary>The estimated time of a run, corrected by what its phases really took.</summary>
/// <param name="work">The work of the preparation and of each phase.</param>
/// <param name="secondsPerView">Measured seconds per view of each kind of work.</param>
internal sealed class RunEstimate(IReadOnlyList<PhaseWork> work, IReadOnlyDictionary<ViewWork, double> secondsPerView)
{
    /// <summary>The share of a phase that must be done before its own pace is believed.</summary>
    private const double Enough = 0.02;

    /// <summary>What is still to come after the given phases have ended.</summary>
    /// <param name="ended">The seconds that they took.</param>
    /// <param name="prepared">Whether the preparation is over.</param>
    public TrainingEstimate ToCome(IReadOnlyList<double> ended, bool prepared)
    {
        IEnumerable<PhaseWork> rest = prepared ? work.Skip(1 + ended.Count) : work;
        return new([.. rest.Where(phase => phase.Name != PhaseWork.Preparation || phase.Views.Count > 0)
            .Select(phase => new PhaseEstimate(phase.Name, TimeSpan.FromSeconds(Seconds(phase, ended)), phase.IsWhole))]);
    }

    /// <summary>The time until training ends.</summary>
    /// <param name="ended">The seconds that the phases before took.</param>
    /// <param name="elapsed">The time of the running phase.</param>
    /// <param name="left">The time left in the running phase by its own pace.</param>
    /// <param name="fraction">The share of the running phase that is done.</param>
    public TimeSpan Left(IReadOnlyList<double> ended, TimeSpan elapsed, TimeSpan left, double fraction)
    {
        double now = Math.Max(0, Seconds(work[1 + ended.Count], ended) - elapsed.TotalSeconds);
        if (fraction >= Enough) now = left.TotalSeconds;
        return TimeSpan.FromSeconds(now + work.Skip(2 + ended.Count).Sum(phase => Seconds(phase, ended)));
    }

    /// <summary>
    /// The expected seconds of a phase. Each kind of work is slower or faster than measured by as much as the phases so far were, weighted by its
    /// share in them; a kind that has not been seen, by as much as all of them.
    /// </summary>
    private double Seconds(PhaseWork phase, IReadOnlyList<double> ended)
        => phase.Views.Sum(kind => kind.Value * secondsPerView[kind.Key] * Ratio(kind.Key, ended));

    private double Ratio(ViewWork kind, IReadOnlyList<double> ended)
    {
        double expected = 0, took = 0, allExpected = 0, allTook = 0;
        foreach ((PhaseWork phase, double seconds) in work.Skip(1).Zip(ended).Where(one => one.First.IsWhole))
        {
            double whole = phase.Views.Sum(one => one.Value * secondsPerView[one.Key]);
            if (whole <= 0) continue;
            double own = phase.Views.TryGetValue(kind, out long views) ? views * secondsPerView[kind] : 0;
            (expected, took) = (expected + own, took + seconds * own / whole);
            (allExpected, allTook) = (allExpected + whole, allTook + seconds);
        }
        return expected > 0 ? took / expected : allExpected > 0 ? allTook / allExpected : 1;
    }
}
