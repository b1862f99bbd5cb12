using System.Globalization;

namespace ProtoPNet.MLNet.Reports;

/// <summary>
/// Numbers for readers: rounded, with a true minus sign. The exact value is in the element's <c>value</c>, so that a page can be checked against the
/// JSON and against itself.
/// </summary>
internal static class Figures
{
    /// <summary>Two decimals.</summary>
    public static Markup Number(double value, string name) => Data(value, name, Text(value, "0.00"));

    /// <summary>Three decimals.</summary>
    public static Markup Precise(double value, string name) => Data(value, name, Text(value, "0.000"));

    /// <summary>Two decimals, always with a sign.</summary>
    public static Markup Signed(double value, string name) => Data(value, name, SignedText(value));

    /// <summary>A share from 0 to 1, in per cent.</summary>
    public static Markup Percent(double value, string name) => Data(value, name, PercentText(value));

    public static string PercentText(double value)
        => value is > 0 and < 0.001 ? "< 0.1 %" : value is > 0.999 and < 1 ? "> 99.9 %" : Text(100 * value, "0.#") + " %";

    /// <summary>Rounded first, so that there is no "−0.00".</summary>
    public static string SignedText(double value)
        => Math.Round(value, 2) is var rounded && rounded > 0 ? "+" + Text(value, "0.00") : Text(rounded, "0.00");

    public static string Text(double value, string format)
    {
        string text = Math.Abs(value).ToString(format, CultureInfo.InvariantCulture);
        return value < 0 && text.AsSpan().ContainsAnyInRange('1', '9') ? "−" + text : text;
    }

    /// <summary>A number for CSS, SVG and attributes.</summary>
    public static string Plain(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>A duration to about three digits.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 1 => Text(1000 * seconds, "0") + " ms",
        < 100 => Text(seconds, "0.0") + " s",
        < 6000 => Text(seconds / 60, "0.0") + " min",
        _ => Text(seconds / 3600, "0.0") + " h",
    };

    public static string Count(int count, string one, string many)
        => count == 1 ? $"1 {one}" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    private static Markup Data(double value, string name, string text)
        => Markup.Of($"""<data class="{name}" value="{value.ToString("R", CultureInfo.InvariantCulture)}">{text}</data>""");
}
