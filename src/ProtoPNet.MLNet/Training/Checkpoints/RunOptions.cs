using System.Text.Json;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Options by name, as text: a checkpoint can only be resumed with the same options.</summary>
internal static class RunOptions
{
    private const string None = "–";

    /// <summary>Adds each number and text of a JSON value under its own name: <c>schedule.phases[1].epochs</c>.</summary>
    public static void AddJson(IDictionary<string, string> options, string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject()) AddJson(options, $"{name}.{property.Name}", property.Value);
                break;
            case JsonValueKind.Array:
                foreach ((int i, JsonElement item) in value.EnumerateArray().Index()) AddJson(options, $"{name}[{i}]", item);
                break;
            default:
                options[name] = value.ToString();
                break;
        }
    }

    public static IReadOnlyList<CheckpointDifference> Differences(IReadOnlyDictionary<string, string> kept, IReadOnlyDictionary<string, string> now)
        => [.. kept.Keys.Union(now.Keys)
            .Select(name => new CheckpointDifference(name, kept.GetValueOrDefault(name, None), now.GetValueOrDefault(name, None)))
            .Where(d => d.InCheckpoint != d.Now)];
}
