using System.Text.Json.Nodes;

namespace ProtoPNet.MLNet.Training;

/// <summary>A schedule for reading, in the words of its JSON.</summary>
internal static class ScheduleWording
{
    private const string Phases = "phases";

    /// <summary>A line for each phase, such as <c>1. warmUp (epochs 12, views 6)</c>, and one for what they have in common.</summary>
    public static string Of(TrainingSchedule schedule)
    {
        JsonObject all = JsonNode.Parse(ScheduleJson.Write(schedule))!.AsObject();
        IEnumerable<string> phases = all[Phases]!.AsArray().Select((phase, i) => $"{i + 1}. {Kind(phase!.AsObject(), "phase")}");
        return string.Join(Environment.NewLine, [.. phases, $"for all phases: {Members(all.Where(member => member.Key != Phases))}"]);
    }

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
