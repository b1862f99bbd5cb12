using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Counts, for each part, on how many images it is visible and on how many of these it lies in a box.</summary>
internal sealed class PartCounts
{
    private readonly Dictionary<string, (int InBox, int Visible)> _parts = new(StringComparer.Ordinal);

    /// <summary>Counts one image.</summary>
    public void Add(IReadOnlyList<PartPlace> visible, IReadOnlySet<string> inBox)
    {
        foreach (PartPlace part in visible)
        {
            (int seen, int all) = _parts.GetValueOrDefault(part.Name);
            _parts[part.Name] = (seen + (inBox.Contains(part.Name) ? 1 : 0), all + 1);
        }
    }

    /// <summary>The part with the largest share, the first in order of names if several have it; null if no part was visible.</summary>
    public PartShare? Best => _parts.Count == 0 ? null : _parts
        .OrderBy(part => part.Key, StringComparer.Ordinal)
        .Select(part => new PartShare(part.Key, part.Value.InBox, part.Value.Visible))
        .MaxBy(part => part.Share);
}
