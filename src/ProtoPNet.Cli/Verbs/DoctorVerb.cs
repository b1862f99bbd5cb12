using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ProtoPNet.Datasets;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet doctor</c>: checks a data set before a long run.</summary>
internal static class DoctorVerb
{
    private const int Unhealthy = 2, ListedOfAKind = 10;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create()
    {
        var command = new Command("doctor",
            "Opens every photograph of a data set and reports problems before a long run; "
            + "the exit code is 2 if results would suffer or files cannot be read.");
        var dataset = new DatasetChoice();
        var smallest = new Option<int>("--smallest-class")
        {
            Description = "The minimum number of training photographs per class.",
            DefaultValueFactory = _ => new DoctorOptions().SmallestClass,
        };
        var json = new Option<bool>("--json") { Description = "Print all findings as JSON." };
        dataset.AddSourceTo(command);
        command.Add(smallest);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(dataset.Load(parsed), new() { SmallestClass = parsed.GetValue(smallest) }, parsed.GetValue(json),
            parsed.InvocationConfiguration.Output, cancellation), cancellation));
        return command;
    }

    private static int Run(ImageDataset dataset, DoctorOptions options, bool json, TextWriter output, CancellationToken cancellation)
    {
        DatasetCheckup checkup = DatasetDoctor.Examine(dataset, options, null, cancellation);
        if (json) output.WriteLine(ToJson(dataset, checkup));
        else Show(dataset, checkup, output);
        return checkup.IsHealthy ? 0 : Unhealthy;
    }

    private static string ToJson(ImageDataset dataset, DatasetCheckup checkup) => new JsonObject
    {
        ["dataset"] = dataset.Name,
        ["photographs"] = checkup.Photographs,
        ["width"] = JsonSerializer.SerializeToNode(checkup.Width, Json),
        ["height"] = JsonSerializer.SerializeToNode(checkup.Height, Json),
        ["skippedRows"] = dataset.Skipped.Count,
        ["isHealthy"] = checkup.IsHealthy,
        ["verdict"] = checkup.Verdict,
        ["findings"] = new JsonArray([.. checkup.Findings.Select(Node)]),
    }.ToJsonString(Json);

    /// <summary>A finding with its kind and all its properties.</summary>
    private static JsonObject Node(DatasetFinding finding)
    {
        JsonObject node = JsonSerializer.SerializeToNode(finding, finding.GetType(), Json)!.AsObject();
        node.Insert(0, "kind", JsonNamingPolicy.CamelCase.ConvertName(finding.GetType().Name));
        return node;
    }

    private static void Show(ImageDataset dataset, DatasetCheckup checkup, TextWriter output)
    {
        output.WriteLine(dataset);
        output.WriteLine($"pixels, min … median … max: width {checkup.Width}, height {checkup.Height}");
        IGrouping<Type, DatasetFinding>[] kinds = [.. checkup.Findings.GroupBy(finding => finding.GetType())];
        if (kinds.Length > 0) output.WriteLine($"\n{"severity",-10}{"count",7}  finding");
        foreach (IGrouping<Type, DatasetFinding> kind in kinds) output.WriteLine($"{Severity(kind.First()),-10}{kind.Count(),7}  {Words(kind.Key)}");
        output.WriteLine();
        foreach (IGrouping<Type, DatasetFinding> kind in kinds)
        {
            // Every file that training would leave out is named, and every reason to stop.
            int listed = kind.First().Severity == FindingSeverity.Error ? int.MaxValue : ListedOfAKind;
            foreach (DatasetFinding finding in kind.Take(listed)) output.WriteLine($"{Severity(finding)}: {finding.Text}");
            if (kind.Count() > listed) output.WriteLine($"  and {kind.Count() - listed} more of these; --json lists all");
        }
        output.WriteLine(checkup.Verdict);
    }

    private static string Severity(DatasetFinding finding) => $"{finding.Severity}".ToLowerInvariant();

    /// <summary><c>UnreadableFile</c> as <c>unreadable file</c>.</summary>
    private static string Words(Type kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.Name).Replace('_', ' ');
}
