using System.Reflection;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>The plan of the house, read from the compiled assembly: who may use whom.</summary>
public class RoomsTests
{
    /// <summary>Each room and the rooms that it may use; the ground (randomness, geometry of pixels) is open to all.</summary>
    private static readonly Dictionary<string, string[]> Plan = new()
    {
        ["Randomness"] = [],
        ["Images"] = ["Randomness"],
        ["Network"] = ["Randomness"],
        ["LastLayer"] = ["Randomness"],
        ["Weights"] = ["Randomness"],
        ["Native"] = [],
        ["Model"] = ["Images", "Network"],
        ["Import"] = ["Network", "Weights"],
        ["Training"] = ["Model", "Images", "Network", "LastLayer", "Weights", "Randomness"],
        ["Explanations"] = ["Model", "Images", "Network", "LastLayer", "Weights", "Randomness"],
        ["Columns"] = ["Model", "Images"],
        ["Scoring"] = ["Columns", "Model", "Images", "Network"],
        ["Persistence"] = ["Columns", "Explanations", "Training", "Model", "Images", "Network", "LastLayer", "Weights"],
        ["Export"] = ["Explanations", "Training", "Model", "Images", "Network", "Weights"],
        ["Reports"] = ["Explanations", "Training", "Model", "Images", "Network", "LastLayer"],
    };

    /// <summary>Types of the root namespace that stand low: values that the rooms speak of. The others are the top floor.</summary>
    private static readonly string[] Model = ["TrainedProtoPNet", "ImageScores", "LastLayerPenalties", "Prototype", "PrototypeSource"];

    [Fact]
    public void No_arrow_runs_up()
    {
        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in typeof(ProtoPNetTransformer).Assembly.GetTypes())
        {
            if (Room(type) is not { } room) continue;
            Assert.True(Plan.ContainsKey(room), $"The room '{room}' ({type}) is not in the plan. Give it a place.");
            foreach (Type used in TypeUses.Of(type))
            {
                string other = Room(used) ?? "the top floor";
                if (used.Namespace == typeof(ProtoPNetTransformer).Namespace + ".Images" && IsGround(used)) continue;
                if (other != room && !Plan[room].Contains(other) && !Nameless(used)) wrong.Add($"{room} uses {other}: {Name(type)} → {Name(used)}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Uses_in_signatures_and_in_code_are_seen()
    {
        Assert.Contains(typeof(MLNet.Network.ProtoPNetNetwork), TypeUses.Of(typeof(TrainedProtoPNet)));
        Assert.Contains(
            typeof(MLNet.Images.NetworkInput),
            typeof(MLNet.Scoring.ScoreColumns).GetNestedTypes(BindingFlags.NonPublic).SelectMany(TypeUses.Of));
    }

    [Fact]
    public void The_plan_itself_has_no_circle()
    {
        foreach (string room in Plan.Keys) Walk(room, []);

        static void Walk(string room, string[] path)
        {
            Assert.DoesNotContain(room, path);
            foreach (string next in Plan[room]) Walk(next, [.. path, room]);
        }
    }

    /// <summary>The room of a type; null on the top floor, which may use all.</summary>
    private static string? Room(Type type)
    {
        string root = typeof(ProtoPNetTransformer).Namespace!;
        while (type.DeclaringType is { } outer) type = outer;
        if (type.Namespace is { } space && space.StartsWith(root + ".", StringComparison.Ordinal)) return space[(root.Length + 1)..].Split('.')[0];
        return Model.Contains(type.Name) ? "Model" : null;
    }

    /// <summary>A rectangle of pixels is no more than four numbers: whoever speaks of places in images uses it.</summary>
    private static bool IsGround(Type type) => type.Name is "PixelBox";

    /// <summary>What the compiler makes for itself, and attributes that it embeds.</summary>
    private static bool Nameless(Type type)
        => type.Name.StartsWith('<') || type.Namespace is null || type.Namespace.StartsWith("System", StringComparison.Ordinal)
            || type.Namespace.StartsWith("Microsoft", StringComparison.Ordinal);

    private static string Name(Type type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type.Name;
    }
}
