using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>Changes JSON that stays valid JSON: absurd sizes, other types, missing and surplus members.</summary>
internal static class JsonMutator
{
    private static readonly string[] _values =
    [
        "null", "-1", "0", "1", "2", "3", "4", "999", "65536", "2147483647", "-2147483648", "9223372036854775807", "1e300", "0.5", "\"\"", "\"x\"",
        "\"NaN\"", "\"../../x\"", "\"\\u0000\"", "true", "[]", "{}", "[null]", "[0,1,2]", "\"Vgg19\"", "\"resNet18\"",
    ];

    public static byte[] Mutate(byte[] original, int seed)
    {
        var random = new Random(seed);
        JsonNode root = JsonNode.Parse(original)!;
        for (int n = random.Next(1, 4); n > 0; n--) Once(Places(root), random);
        return Encoding.UTF8.GetBytes(root.ToJsonString(new JsonSerializerOptions { WriteIndented = random.Next(2) == 0 }));
    }

    private static void Once(List<(JsonNode Parent, string? Name, int Index)> places, Random random)
    {
        if (places.Count == 0) return;
        (JsonNode parent, string? name, int index) = places[random.Next(places.Count)];
        JsonNode? value = JsonNode.Parse(random.Next(8) == 0 ? $"\"{new string('x', 100_000)}\"" : _values[random.Next(_values.Length)]);
        bool remove = random.Next(5) == 0;
        if (parent is JsonObject members)
        {
            if (remove) members.Remove(name!);
            else members[random.Next(10) == 0 ? "surplus" : name!] = value;
        }
        else if (parent is JsonArray items)
        {
            if (remove) items.RemoveAt(index);
            else if (random.Next(4) == 0) items.Insert(index, value);
            else items[index] = value;
        }
    }

    private static List<(JsonNode Parent, string? Name, int Index)> Places(JsonNode? node) => node switch
    {
        JsonObject members => [.. members.SelectMany(m => Places(m.Value).Prepend((members, m.Key, 0)))],
        JsonArray items => [.. items.SelectMany((item, i) => Places(item).Prepend((items, null, i)))],
        _ => [],
    };
}
