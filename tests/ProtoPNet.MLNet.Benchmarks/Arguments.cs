using System.Globalization;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>Options of the form <c>--name value</c>.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    public Arguments(string[] args)
    {
        if (args.Length % 2 != 0) throw new ArgumentException($"Options come in pairs, --name value: {string.Join(' ', args)}");
        for (int i = 0; i < args.Length; i += 2) _values[args[i].TrimStart('-')] = args[i + 1];
    }

    public int Int(string name, int otherwise)
        => _values.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public double Double(string name, double otherwise)
        => _values.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);
}
