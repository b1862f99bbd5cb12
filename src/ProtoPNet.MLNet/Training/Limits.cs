using System.Globalization;

namespace ProtoPNet.MLNet.Training;

/// <summary>Checks numbers of a schedule: each method returns what is wrong, or null. Numbers that are not finite are always wrong.</summary>
internal static class Limits
{
    public static string? NotNegative(string name, double value)
        => Wrong(value >= 0 && double.IsFinite(value), name, value, "0 or a finite number above 0");

    public static string? Positive(string name, double value) => Wrong(value > 0 && double.IsFinite(value), name, value, "a finite number above 0");

    public static string? Finite(string name, double value) => Wrong(double.IsFinite(value), name, value, "a finite number");

    /// <summary>A share in [0, 1).</summary>
    public static string? Share(string name, double value) => Wrong(value is >= 0 and < 1, name, value, "at least 0 and below 1");

    public static string? AtLeast(int least, string name, int value) => Wrong(value >= least, name, value, $"at least {least}");

    private static string? Wrong(bool right, string name, IFormattable value, string what)
        => right ? null : $"{name} is {value.ToString(null, CultureInfo.InvariantCulture)}; it must be {what}.";
}
