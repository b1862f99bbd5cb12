using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Tests.Weights;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>Damaged and malicious model files quickly raise an exception that says what is wrong, without exhausting memory.</summary>
public sealed class HostileModelTests(ITestOutputHelper output)
{
    private const string OurWords = "The model cannot be loaded, because of its entry '";
    private const long MostManagedBytes = 64 << 20;

    /// <summary>The number of files per kind; the environment variable <c>PROTOPNET_FUZZ</c> overrides it.</summary>
    private static readonly int _mutations = int.Parse(Environment.GetEnvironmentVariable("PROTOPNET_FUZZ") ?? "250", CultureInfo.InvariantCulture);

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30); // generous for a busy machine; a hang takes longer
    private static readonly float[] _pixels = GoldenGenerator.NormalisedImages(60000, 1, Size).Floats();
    private static readonly Lazy<(byte[] File, float[] Logits)> _model = new(Make);
    private readonly MLContext _ml = new(seed: 1);

    private static ModelZip Parts => ModelZip.Read(_model.Value.File);

    private static (byte[] File, float[] Logits) Make()
    {
        var ml = new MLContext(seed: 1);
        using ProtoPNetTransformer transformer = Transformer(Knowing(Trained(backbone: Backbone.Vgg11)));
        using var file = new MemoryStream();
        ml.Model.Save(transformer, ml.Data.LoadFromEnumerable(Photos(1)).Schema, file);
        return (file.ToArray(), transformer.Inside().Score(_pixels, 1).Logits);
    }

    [Fact]
    public void Models_cut_off_anywhere_are_refused()
    {
        for (int part = 0; part < 50; part++)
            Assert.IsType<FormatException>(Load(_model.Value.File[..(_model.Value.File.Length * part / 50)], _ => { }));
    }

    /// <summary>Zip checksums detect damage that still unpacks: whatever loads scores like the original model.</summary>
    [Fact]
    public void Damage_to_a_files_bytes_is_refused_or_changes_nothing()
        => Fuzz("bytes of the file", seed => Mutator.Mutate(_model.Value.File, seed), IsExpected,
            model => Assert.Equal(_model.Value.Logits, model.Score(_pixels, 1).Logits));

    [Theory]
    [InlineData("Model.json")]
    [InlineData("Network.safetensors")]
    [InlineData("PrototypeFeatures.safetensors")]
    [InlineData("Prototype00001.png")]
    public void Mutated_entries_of_ours_are_read_or_refused_by_name(string entry)
    {
        ModelZip parts = Parts;
        int at = parts.Find(entry);
        string named = entry == "Model.json" ? "" : entry; // a changed description may be valid but not fit the tensors
        Fuzz(entry, seed => parts.With(at, Mutator.Mutate(parts.Entries[at].Bytes, seed)).ToFile(), e => IsOurs(e, named), Score);
    }

    [Fact]
    public void Descriptions_that_claim_other_things_are_read_or_refused()
    {
        ModelZip parts = Parts;
        int at = parts.Find("Model.json");
        Fuzz("meaning of Model.json", seed => parts.With(at, JsonMutator.Mutate(parts.Entries[at].Bytes, seed)).ToFile(), e => IsOurs(e, ""), Score);
    }

    [Fact]
    public void Mutated_entries_of_ML_NETs_own_are_read_or_refused()
    {
        ModelZip parts = Parts;
        int[] theirs = [.. parts.Entries.Index()
            .Where(e => Path.GetExtension(e.Item.Name) is not (".json" or ".safetensors" or ".png")).Select(e => e.Index)];
        Fuzz("ML.NET's entries", seed =>
        {
            int at = theirs[seed % theirs.Length];
            return parts.With(at, Mutator.Mutate(parts.Entries[at].Bytes, seed)).ToFile();
        }, IsExpected, Score);
    }

    public static TheoryData<string, string, string> Claims => new()
    {
        { "architecture.classes", "2000000000", "labels" },
        { "architecture.imageSize", "2000000000", "image size" },
        { "architecture.prototypeDepth", "100000000", "depth" },
        { "architecture.prototypeDepth", "4000", "prototype_vectors" },
        { "architecture.prototypeHeight", "2147483647", "no room" },
        { "architecture.backbone", "3", "backbone" },
        { "architecture.backbone", "\"ResNet152\"", "missing" },
        { "architecture.stages", "99", "stages" },
        { "batchSize", "65536000", "batch size" },
        { "columns.score", "\"\"", "columns" },
        { "columns.score", "\"PredictedLabel\"", "columns" },
        { "labels", "[null, \"b\", \"c\"]", "label" },
        { "labelType", "\"System.IO.FileInfo\"", "not a label type" },
        { "sources", "null", "sources" },
        { "sources.0.cellRow", "16", "prototype 0" },
        { "sources.0.box.bottom", "33", "prototype 0" },
    };

    [Theory, MemberData(nameof(Claims))]
    public void Absurd_claims_of_the_description_are_refused_with_the_reason(string member, string value, string reason)
    {
        ModelZip parts = Parts;
        int at = parts.Find("Model.json");
        JsonNode root = JsonNode.Parse(parts.Entries[at].Bytes)!, node = root;
        string[] path = member.Split('.');
        foreach (string step in path[..^1]) node = node is JsonArray items ? items[int.Parse(step, CultureInfo.InvariantCulture)]! : node[step]!;
        node[path[^1]] = JsonNode.Parse(value);
        Exception? e = Load(parts.With(at, Encoding.UTF8.GetBytes(root.ToJsonString())).ToFile(), _ => { });
        Assert.True(IsOurs(e!, ""), $"{e}");
        Assert.Contains(reason, e!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_bomb_is_refused_before_it_is_unpacked()
    {
        ModelZip parts = Parts;
        foreach (string entry in (string[])["Network.safetensors", "PrototypeFeatures.safetensors"])
        {
            Exception? bomb = Load(parts.With(parts.Find(entry), new byte[300 << 20]).ToFile(CompressionLevel.Fastest), _ => { });
            Assert.True(IsOurs(bomb!, entry), $"{bomb}");
            Assert.Contains("zip bomb", bomb!.Message, StringComparison.Ordinal);
        }

        int at = parts.Find("Model.json");
        byte[] padded = new byte[65 << 20];
        padded.AsSpan().Fill((byte)' ');
        parts.Entries[at].Bytes.CopyTo(padded, 0);
        Exception? e = Load(parts.With(at, padded).ToFile(CompressionLevel.Fastest), _ => { });
        Assert.True(IsOurs(e!, "Model.json"), $"{e}");
        Assert.Contains("68157440 bytes", e!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_with_paths_that_lead_elsewhere_are_never_written()
    {
        string name = $"{Guid.NewGuid():N}";
        string[] tricks = [$"../{name}", $"../../{name}", $"/tmp/{name}", $"C:\\{name}", $"..\\{name}", $"TrainingInfo/../../../{name}"];
        byte[] file = tricks.Aggregate(Parts, (zip, trick) => zip.And(trick, [1, 2, 3])).ToFile();
        Assert.Null(Load(file, Score));
        string[] folders = [Path.GetTempPath(), Path.Combine(Path.GetTempPath(), ".."), ".", ".."];
        Assert.All(folders, folder => Assert.False(File.Exists(Path.Combine(folder, name))));
    }

    [Fact]
    public void Of_two_entries_of_one_name_the_last_counts_and_an_entry_of_another_kind_is_refused()
    {
        ModelZip parts = Parts;
        (string name, byte[] bytes) = parts.Entries[parts.Find("Model.json")];
        Assert.Null(Load(parts.And(name, bytes).ToFile(), Score));
        Assert.True(IsOurs(Load(parts.And(name, [1, 2, 3]).ToFile(), _ => { })!, "Model.json"));
        Assert.True(IsOurs(Load(parts.With(parts.Find("Network.safetensors"), bytes).ToFile(), _ => { })!, "Network.safetensors"));
        Assert.True(IsOurs(Load(parts.Named(parts.Find("Prototype00002.png"), "elsewhere.png").ToFile(), _ => { })!, "Prototype00002.png"));
    }

    private void Fuzz(string what, Func<int, byte[]> make, Predicate<Exception> isExpected, Action<TrainedProtoPNet> use)
    {
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        (TimeSpan Time, int Seed) slowest = default;
        long most = 0;
        for (int seed = 0; seed < _mutations; seed++)
        {
            byte[] file = make(seed);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            Exception? e = Load(file, use);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            if (time > slowest.Time) slowest = (time, seed);
            string outcome = e is null ? "read" : IsOurs(e, "") ? "refused by us" : e.GetType().Name;
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            Assert.True(e is null || isExpected(e), $"Seed {seed} of {what}: {e}");
        }
        output.WriteLine($"{what}: {_mutations} files; {string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}; "
            + $"slowest {slowest.Time.TotalMilliseconds:0.0} ms (seed {slowest.Seed}); most memory {most / 1024} kB.");
        Assert.True(slowest.Time < _longest, $"Seed {slowest.Seed} took {slowest.Time}.");
        Assert.InRange(most, 0, MostManagedBytes);
    }

    private static bool IsOurs(Exception e, string entry)
        => e is FormatException && e.Message.StartsWith(OurWords, StringComparison.Ordinal) && e.Message.Contains(entry, StringComparison.Ordinal);

    /// <summary>ML.NET reads its own entries; we do not control its exceptions, but they must not indicate a bug.</summary>
    private static bool IsExpected(Exception e)
        => e is FormatException or IOException or InvalidDataException or ArgumentException or InvalidOperationException or NotSupportedException;

    private static void Score(TrainedProtoPNet model)
        => Assert.Equal(model.Architecture.Classes, model.Score(new float[3 * Size * Size], 1).Logits.Length);

    private Exception? Load(byte[] file, Action<TrainedProtoPNet> use)
    {
        ITransformer model;
        try
        {
            using var stream = new MemoryStream(file);
            model = _ml.Model.Load(stream, out _);
        }
        catch (Exception e)
        {
            return Ours(e);
        }
        using ProtoPNetTransformer transformer = Assert.IsType<ProtoPNetTransformer>(model);
        if (transformer.Inside().Architecture.ImageSize == Size) use(transformer.Inside());
        return null;
    }

    /// <summary>ML.NET calls loaders by reflection and does not unwrap exceptions.</summary>
    private static Exception Ours(Exception e) => e is TargetInvocationException { InnerException: { } inner } ? Ours(inner) : e;
}
