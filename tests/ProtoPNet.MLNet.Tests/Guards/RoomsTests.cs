using System.Reflection;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>The plan of the house, read from the compiled assembly: who may use whom.</summary>
public class RoomsTests
{
    private const string TopFloor = "the top floor";

    /// <summary>Each room and the rooms that it may use; the ground (randomness, geometry of pixels) is open to all.</summary>
    private static readonly Dictionary<string, string[]> Plan = new()
    {
        ["Randomness"] = [],
        ["Files"] = [],
        ["Confidence"] = [],
        ["Images"] = ["Randomness"],
        ["Network"] = ["Randomness"],
        ["LastLayer"] = ["Randomness"],
        ["Weights"] = ["Randomness", "Files"],
        ["Native"] = ["Files"],
        ["Onnx"] = ["Network", "Weights", "Files"],
        ["Model"] = ["Images", "Network", "LastLayer", "Onnx"],
        ["Import"] = ["Network", "Weights", "Files"],
        ["Explanations"] = ["Model", "Images", "Network", "Randomness"],
        ["Pruning"] = ["Explanations", "Model", "Images", "Network", "LastLayer", "Randomness"],
        ["Training"] = ["Pruning", "Model", "Images", "Network", "LastLayer", "Randomness", "Weights", "Files", "Native"],
        ["Editing"] = ["Pruning", "Explanations", "Model", "Images", "Network", "LastLayer"],
        ["Columns"] = ["Model", "Images", "Confidence"],
        ["Scoring"] = ["Columns", "Model", "Images", "Network"],
        ["Persistence"] = ["Columns", "Training", "Model", "Images", "Network", "LastLayer", "Weights", "Files"],
        ["Export"] = ["Explanations", "Training", "Model", "Images", "Network", "Weights", "Files", "Onnx"],
        ["Reports"] = ["Confidence", "Explanations", "Training", "Model", "Images", "Network", "LastLayer", "Files"],
    };

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
                string other = Room(used) ?? TopFloor;
                if (used.Namespace == typeof(ProtoPNetTransformer).Namespace + ".Images" && IsGround(used)) continue;
                if (other != room && !Plan[room].Contains(other) && !Nameless(used)) wrong.Add($"{room} uses {other}: {Name(type)} → {Name(used)}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_circle_among_the_types_of_a_room()
    {
        IEnumerable<IGrouping<string, Type>> rooms = typeof(ProtoPNetTransformer).Assembly.GetTypes()
            .Where(type => type.DeclaringType is null && !Nameless(type)).GroupBy(type => Room(type) ?? TopFloor);
        var circles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (IGrouping<string, Type> room in rooms)
        {
            Dictionary<Type, HashSet<Type>> uses = room.ToDictionary(type => type, type => UsesOf(type).Where(room.Contains).ToHashSet());
            foreach (IReadOnlyList<Type> circle in Circles.Of(uses))
                circles.Add($"{room.Key}: {string.Join(", ", circle.Select(type => type.Name).Order(StringComparer.Ordinal))}");
        }
        Assert.True(circles.Count == 0, string.Join(Environment.NewLine, circles));
    }

    [Fact]
    public void Circles_are_found_and_chains_are_not()
    {
        Dictionary<char, HashSet<char>> uses = new()
        {
            ['a'] = ['b'],
            ['b'] = ['c'],
            ['c'] = ['a', 'd'],
            ['d'] = [],
            ['e'] = ['a', 'f'],
            ['f'] = ['e', 'f'],
            ['g'] = ['g'],
        };
        Assert.Equal(["abc", "ef"], Circles.Of(uses).Select(circle => string.Concat(circle.Order())).Order());
    }

    /// <summary>What belongs together is a record; a record itself may have as many members as it describes.</summary>
    [Fact]
    public void No_method_of_training_takes_more_than_five_parameters()
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<MethodBase> methods = typeof(ProtoPNetTransformer).Assembly.GetTypes()
            .Where(type => Room(type) == "Training" && type.GetMethod("<Clone>$") is null && !type.IsValueType && !Nameless(type))
            .SelectMany(type => type.GetMethods(Own).Cast<MethodBase>().Concat(type.GetConstructors(Own)));
        Assert.Empty(methods.Where(m => m.GetParameters().Length > 5 && !m.Name.Contains('<')).Select(m => $"{m.DeclaringType!.Name}.{m.Name}"));
    }

    [Fact]
    public void Uses_in_signatures_and_in_code_are_seen()
    {
        Assert.Contains(typeof(MLNet.Network.ProtoPNetNetwork), TypeUses.Of(typeof(TrainedProtoPNet)));
        Assert.Contains(
            typeof(MLNet.Images.PhotographFile),
            typeof(MLNet.Columns.ImageColumn).GetNestedTypes(BindingFlags.NonPublic).SelectMany(TypeUses.Of));
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

    /// <summary>The types that a type or one nested in it uses, by their outermost type, itself left out.</summary>
    private static HashSet<Type> UsesOf(Type type)
    {
        HashSet<Type> uses = [.. WithNested(type).SelectMany(TypeUses.Of).Select(Outermost)];
        uses.Remove(type);
        return uses;

        static IEnumerable<Type> WithNested(Type type)
            => type.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic).SelectMany(WithNested).Prepend(type);
    }

    /// <summary>The room of a type; null on the top floor, which may use all.</summary>
    private static string? Room(Type type)
    {
        string root = typeof(ProtoPNetTransformer).Namespace!;
        type = Outermost(type);
        if (type.Namespace is { } space && space.StartsWith(root + ".", StringComparison.Ordinal)) return space[(root.Length + 1)..].Split('.')[0];
        return null;
    }

    /// <summary>
    /// A rectangle of pixels is no more than four numbers, what is wanted of pixels no more than six: whoever speaks of places in images, or of what
    /// goes into a network, uses them.
    /// </summary>
    private static bool IsGround(Type type) => type.Name is "PixelBox" or "InputNormalisation";

    /// <summary>What the compiler makes for itself, and attributes that it embeds.</summary>
    private static bool Nameless(Type type)
        => type.Name.StartsWith('<') || type.Namespace is null || type.Namespace.StartsWith("System", StringComparison.Ordinal)
            || type.Namespace.StartsWith("Microsoft", StringComparison.Ordinal);

    private static string Name(Type type) => Outermost(type).Name;

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }
}
