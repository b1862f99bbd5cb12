namespace ProtoPNet.MLNet.Reports;

/// <summary>A line of a chart: a value or null for each step.</summary>
internal sealed record Series(string Name, IReadOnlyList<double?> Values);

/// <summary>Steps that belong together, shaded alternately.</summary>
internal sealed record Band(string Name, int Steps);

/// <summary>Lines over steps as inline SVG; colours come from the page's style.</summary>
internal static class LineChart
{
    private const double Width = 640, Height = 240, Left = 46, Right = 8, Top = 22, Bottom = 26;

    /// <param name="title">The accessible name.</param>
    /// <param name="bands">Cover all steps.</param>
    /// <param name="series">At least one value among them.</param>
    /// <param name="label">Formats a value of the axis.</param>
    public static Markup Render(string title, IReadOnlyList<Band> bands, IReadOnlyList<Series> series, Func<double, string> label)
    {
        int steps = bands.Sum(band => band.Steps);
        double[] values = [.. series.SelectMany(line => line.Values).OfType<double>().Where(double.IsFinite)];
        if (values.Length == 0) return Markup.Empty;
        double[] ticks = Ticks(Math.Min(0, values.Min()), values.Max());
        double X(double step) => Left + (Width - Left - Right) * (steps < 2 ? 0.5 : step / (steps - 1));
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * (value - ticks[0]) / (ticks[^1] - ticks[0]);

        Markup Line(Series line, int number)
        {
            (int Step, double Value)[] points =
                [.. line.Values.Index().Where(point => point.Item is { } value && double.IsFinite(value))
                    .Select(point => (point.Index, point.Item!.Value))];
            if (points.Length == 0) return Markup.Empty;
            string path = string.Join(' ', points.Select(point => $"{Figures.Plain(X(point.Step))},{Figures.Plain(Y(point.Value))}"));
            (int last, double end) = points[^1];
            return Markup.Of($"""
                <polyline class="s{number}" points="{path}"/><circle class="s{number}" cx="{Figures.Plain(X(last))}" cy="{Figures.Plain(Y(end))}" r="3"/>
                """);
        }

        int from = 0;
        Markup BandOf(Band band, int number)
        {
            (double start, double end) = (X(Math.Max(0, from - 0.5)), X(Math.Min(steps - 1, from + band.Steps - 0.5)));
            from += band.Steps;
            return Markup.Of($"""
                <rect class="band{number % 2}" x="{Figures.Plain(start)}" y="{Top}" width="{Figures.Plain(Math.Max(0, end - start))}" height="{Height - Top - Bottom}"/><text x="{Figures.Plain(start + 4)}" y="{Top - 7}">{band.Name}</text>
                """);
        }

        Markup[] drawn = [.. bands.Select(BandOf)];
        return Markup.Of($"""
            <figure class="chart">
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}">
            {drawn}
            {ticks.Select(tick => Markup.Of($"""
            <line class="grid" x1="{Left}" x2="{Width - Right}" y1="{Figures.Plain(Y(tick))}" y2="{Figures.Plain(
                Y(tick))}"/><text class="tick" x="{Left - 6}" y="{Figures.Plain(Y(tick) + 4)}">{label(tick)}</text>
            """))}
            <text x="{Left}" y="{Height - 8}">epoch 1</text><text class="tick" x="{Width - Right}" y="{Height - 8}">{steps}</text>
            {series.Select(Line)}
            </svg>
            <figcaption>{series.Select((line, number) => Markup.Of($"""
            <span class="key s{number}">{line.Name} <b>{label(line.Values.LastOrDefault(value => value is not null) ?? double.NaN)}</b></span>
            """))}</figcaption>
            </figure>
            """);
    }

    /// <summary>Four to eight round values that enclose the range.</summary>
    public static double[] Ticks(double low, double high)
    {
        double span = high > low ? high - low : Math.Max(1, Math.Abs(high));
        double power = Math.Pow(10, Math.Floor(Math.Log10(span / 4)));
        double step = new[] { 1.0, 2, 2.5, 5, 10 }.Select(factor => factor * power).First(size => span / size <= 5);
        int first = (int)Math.Floor(low / step + 1e-9), last = Math.Max(first + 1, (int)Math.Ceiling(high / step - 1e-9));
        return [.. Enumerable.Range(first, last - first + 1).Select(i => i * step)];
    }
}
