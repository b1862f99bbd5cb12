using ProtoPNet.MLNet.Confidence;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The reliability diagram as inline SVG: accuracy over confidence, and how many predictions each bar stands for.</summary>
internal static class ReliabilityDiagram
{
    private const double Side = 240, Left = 40, Top = 8, Counts = 40, Gap = 8;

    public static Markup Render(CalibrationMetrics calibration)
    {
        int most = Math.Max(1, calibration.Bins.Max(bin => bin.Photographs));
        double bottom = Top + Side, foot = bottom + Gap + Counts;
        Markup Bar(ReliabilityBin bin)
        {
            if (bin.Photographs == 0) return Markup.Empty;
            double x = Left + Side * bin.From + 1, width = Side * (bin.To - bin.From) - 2, height = Side * bin.Accuracy;
            double count = Counts * bin.Photographs / most;
            return Markup.Of($"""
                <g><title>{Figures.PercentText(bin.From)} to {Figures.PercentText(bin.To)} sure: {Figures.Count(bin.Photographs, "photograph", "photographs")}, {Figures.PercentText(bin.Accuracy)} right at {Figures.PercentText(bin.Confidence)}</title><rect class="accuracy" x="{Figures.Plain(x)}" y="{Figures.Plain(bottom - height)}" width="{Figures.Plain(width)}" height="{Figures.Plain(height)}"/><line class="claimed" x1="{Figures.Plain(x)}" x2="{Figures.Plain(x + width)}" y1="{Figures.Plain(bottom - Side * bin.Confidence)}" y2="{Figures.Plain(bottom - Side * bin.Confidence)}"/><rect class="count" x="{Figures.Plain(x)}" y="{Figures.Plain(foot - count)}" width="{Figures.Plain(width)}" height="{Figures.Plain(count)}"/></g>
                """);
        }

        Markup Tick(double share) => Markup.Of($"""
            <text class="tick" x="{Left - 6}" y="{Figures.Plain(bottom - Side * share + 4)}">{Figures.PercentText(share)}</text><text class="below" x="{Figures.Plain(Left + Side * share)}" y="{Figures.Plain(foot + 14)}">{Figures.PercentText(share)}</text>
            """);

        return Markup.Of($"""
            <figure class="reliability">
            <svg viewBox="0 0 {Figures.Plain(Left + Side + 24)} {Figures.Plain(foot + 34)}" role="img" aria-label="Reliability diagram: accuracy by confidence">
            <rect class="field" x="{Left}" y="{Top}" width="{Side}" height="{Side}"/>
            {calibration.Bins.Select(Bar)}
            <line class="diagonal" x1="{Left}" y1="{bottom}" x2="{Left + Side}" y2="{Top}"/>
            {new[] { 0, 0.5, 1 }.Select(Tick)}
            <text class="below" x="{Left + Side / 2}" y="{Figures.Plain(foot + 30)}">confidence</text>
            </svg>
            <figcaption><span class="key accuracy">right</span> <span class="key claimed">claimed</span> <span class="key count">photographs</span></figcaption>
            </figure>
            """);
    }
}
