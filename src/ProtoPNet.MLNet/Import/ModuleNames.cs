using System.Text.RegularExpressions;

namespace ProtoPNet.MLNet.Import;

/// <summary>Unique node names, under which tensors are listed like a PyTorch module's; no name is nested in another.</summary>
internal sealed partial class ModuleNames
{
    private const int Longest = 200;

    private readonly HashSet<string> _modules = [], _folders = [];

    /// <summary>The module of a tensor name as kept by PyTorch's exporter; null for other kinds of names.</summary>
    public static string? OwnerOf(string tensor) => Tensor().Match(tensor) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>A free name based on the given one.</summary>
    public string Take(string wish)
    {
        string plain = Others().Replace(wish, "_").Trim('_', '.');
        plain = Dots().Replace(plain, ".");
        if (plain.Length is 0 or > Longest) plain = $"node_{_modules.Count}";
        string name = plain;
        for (int n = 2; !IsFree(name); n++) name = $"{plain}_{n}".Replace('.', n > 2 ? '_' : '.');
        _modules.Add(name);
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1)) _folders.Add(name[..dot]);
        return name;
    }

    private bool IsFree(string name)
    {
        if (_modules.Contains(name) || _folders.Contains(name)) return false;
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            if (_modules.Contains(name[..dot])) return false;
        return true;
    }

    [GeneratedRegex(@"^([A-Za-z_]\w*(?:\.\w+)*)\.(?:weight|gamma)$")]
    private static partial Regex Tensor();

    [GeneratedRegex(@"[^A-Za-z0-9_.]+")]
    private static partial Regex Others();

    [GeneratedRegex(@"\.[._]*")]
    private static partial Regex Dots();
}
