using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ProtoPNet.Cli;

/// <summary>Options whose error messages state the valid values; numbers are parsed culture-invariantly.</summary>
internal static class Ask
{
    /// <summary>A required-range whole number.</summary>
    public static Option<int> Whole(string name, string description, int initial, int least = int.MinValue, int most = int.MaxValue)
        => new(name) { Description = description, DefaultValueFactory = _ => initial, CustomParser = a => ParseWhole(a, least, most) };

    /// <summary>An optional whole number.</summary>
    public static Option<int?> WholeOrNot(string name, string description)
        => new(name) { Description = description, CustomParser = a => ParseWhole(a, int.MinValue, int.MaxValue) };

    /// <summary>A number within a range.</summary>
    public static Option<double> Number(
        string name, string description, double initial, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
        => new(name) { Description = description, DefaultValueFactory = _ => initial, CustomParser = a => ParseNumber(a, least, most) };

    /// <summary>An optional number within a range.</summary>
    public static Option<double?> NumberOrNot(string name, string description, double least, double most)
        => new(name) { Description = description, CustomParser = a => ParseNumber(a, least, most) };

    /// <summary>An enum value, case-insensitive.</summary>
    public static Option<T> OneOf<T>(string name, string description, T initial) where T : struct, Enum
        => new(name) { Description = description, DefaultValueFactory = _ => initial, CustomParser = ParseOneOf<T> };

    /// <summary>An optional enum value, case-insensitive.</summary>
    public static Option<T?> OneOfOrNot<T>(string name, string description) where T : struct, Enum
        => new(name) { Description = description, CustomParser = a => ParseOneOf<T>(a) };

    private static int ParseWhole(ArgumentResult argument, int least, int most)
    {
        string text = argument.Tokens.Single().Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            return value;
        return Wrong<int>(argument, "a whole number" + Range(least > int.MinValue, least, most < int.MaxValue, most));
    }

    private static double ParseNumber(ArgumentResult argument, double least, double most)
    {
        string text = argument.Tokens.Single().Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            && value >= least && value <= most)
            return value;
        return Wrong<double>(argument, "a number" + Range(double.IsFinite(least), least, double.IsFinite(most), most));
    }

    private static T ParseOneOf<T>(ArgumentResult argument) where T : struct, Enum
    {
        string text = argument.Tokens.Single().Value;
        foreach (T value in Enum.GetValues<T>())
            if (string.Equals($"{value}", text, StringComparison.OrdinalIgnoreCase)) return value;
        return Wrong<T>(argument, string.Join(" or ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant())));
    }

    private static T Wrong<T>(ArgumentResult argument, string right) where T : struct
    {
        string name = (argument.Parent as OptionResult)?.Option.Name ?? argument.Argument.Name;
        argument.AddError($"{name} is '{argument.Tokens.Single().Value}'; it must be {right}.");
        return default;
    }

    private static string Range(bool from, IFormattable least, bool to, IFormattable most)
    {
        (string a, string b) = (least.ToString(null, CultureInfo.InvariantCulture), most.ToString(null, CultureInfo.InvariantCulture));
        return (from, to) switch
        {
            (true, true) => $" from {a} to {b}",
            (true, false) => $", at least {a}",
            (false, true) => $", at most {b}",
            _ => "",
        };
    }
}
