using System.Text.Json.Nodes;

namespace ProtoPNet.MLNet.Training;

/// <summary>A schedule for reading, in the words of its JSON.</summary>
internal static class ScheduleWording
{
    /// <summary>A line for each phase, such as <c>1. warmUp (epochs 12, views 6)</c>.</summary>
    public static string Of(TrainingSchedule schedule) => string.Join(Environment.NewLine,
        JsonNode.Parse(ScheduleJson.Write(schedule))!["phases"]!.AsArray().Select((phase, i) => $"{i + 1}. {Kind(phase!.AsObject(), "phase")}"));

    /// <summary>The kind, then its members; what is not set, and the kind's long name, are left out.</summary>
    private static string Kind(JsonObject node, string kind)
    {
        string members = Members(node.Where(member => member.Key != kind && member.Key != "name"));
        return members.Length == 0 ? $"{node[kind]}" : $"{node[kind]} ({members})";
    }

    private static string Members(IEnumerable<KeyValuePair<string, JsonNode?>> members)
        => string.Join(", ", members.Where(member => member.Value is not null).Select(member => $"{member.Key} {Value(member.Key, member.Value!)}"));

    private static string Value(string name, JsonNode value) => value switch
    {
        JsonObject choice when choice.ContainsKey(name) => Kind(choice, name), // decay: { decay: cosine }
        JsonObject choice when choice.ContainsKey("by") => $"by {Kind(choice, "by")}",
        JsonObject penalty when penalty.ContainsKey("penalty") => Kind(penalty, "penalty"),
        JsonObject group => $"({Members(group)})",
        _ => value.ToString(),
    };
}
