using System.Reflection;
using System.Text;
using Microsoft.ML;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.EndToEnd;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>Damaged graphs in model files: refused with the reason, before any memory is asked for.</summary>
public sealed class HostileGraphTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("\"outputs\":64", "\"outputs\":63")]
    [InlineData("\"outputs\":64", "\"outputs\":2000000000")]
    [InlineData("\"outputs\":64", "\"outputs\":1048576")]
    [InlineData("\"kernel\":7", "\"kernel\":9999")]
    [InlineData("\"op\":\"Conv\"", "\"op\":\"Exec\"")]
    [InlineData("\"input\":\"images\"", "\"input\":\"elsewhere\"")]
    [InlineData("\"deviation\":[0.229", "\"deviation\":[0")]
    [InlineData("\"mean\":[0.485,", "\"mean\":[")]
    [InlineData("\"imageSize\":224", "\"imageSize\":-1")]
    [InlineData("\"stages\":[", "\"stages\":[\"nowhere\",")]
    public void A_graph_that_was_tampered_with_is_refused(string right, string wrong)
    {
        FormatException refused = Assert.IsType<FormatException>(Load(json => Replace(json, right, wrong)));
        Assert.StartsWith("The model cannot be loaded, because of its entry '", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_untouched_graph_is_read() => Assert.Null(Load(json => json));

    /// <summary>Any byte of the description may be another: what loads must be a model, what does not must say so.</summary>
    [Fact]
    public void Damaged_descriptions_of_graphs_are_refused_or_harmless()
    {
        var random = new Random(7);
        for (int i = 0; i < 100; i++)
            if (Load(json => Damage(json, random)) is { } error)
                Assert.IsType<FormatException>(error);
    }

    private static string Damage(string json, Random random)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        int place = random.Next(bytes.Length);
        return Encoding.UTF8.GetString(random.Next(3) switch
        {
            0 => [.. bytes[..place], (byte)random.Next(32, 127), .. bytes[(place + 1)..]],
            1 => [.. bytes[..place], .. bytes[Math.Min(place + random.Next(1, 40), bytes.Length)..]],
            _ => [.. bytes[..place], .. "99999999"u8, .. bytes[place..]],
        });
    }

    private static string Replace(string json, string right, string wrong)
    {
        int place = json.IndexOf(right, StringComparison.Ordinal);
        Assert.True(place >= 0, right);
        return json[..place] + wrong + json[(place + right.Length)..];
    }

    /// <summary>What loading a model says whose description was changed; null where it loads.</summary>
    private Exception? Load(Func<string, string> change)
    {
        // ResNet-18's first stages as if they had been read from a file.
        using TrainedProtoPNet model = ReadBackboneTests.Model(Backbone.Read(Backbone.ResNet18.Graph.Cut(1)), null);
        using ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        using var saved = new MemoryStream();
        _ml.Model.Save(transformer, null, saved);
        ModelZip zip = ModelZip.Read(saved.ToArray());
        int description = zip.Find("Model.json");
        byte[] file = zip.With(description, Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(zip.Entries[description].Bytes)))).ToFile();
        try
        {
            using var loaded = (ProtoPNetTransformer)_ml.Model.Load(new MemoryStream(file), out _);
            return null;
        }
#pragma warning disable CA1031 // whatever it is, the test looks at it
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error is TargetInvocationException { InnerException: { } inner } ? inner : error; // ML.NET loads by reflection
        }
    }
}
