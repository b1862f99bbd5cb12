using System.Diagnostics;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Weights;
using ProtoPNet.MLNet.Weights;
using ProtoPNet.MLNet.Weights.Onnx;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>Damaged and malicious ONNX files quickly raise our own exceptions, without exhausting memory.</summary>
public sealed class HostileOnnxTests(ITestOutputHelper output) : IDisposable
{
    private const long MostManagedBytes = 256 << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int> Kinds => [0, 1, 2];

    [Theory, MemberData(nameof(Kinds))]
    public void Files_cut_off_anywhere_are_refused(int kind)
    {
        byte[] original = Original(kind);
        for (int part = 0; part < 50; part++)
        {
            Exception? e = Read(original[..(original.Length * part / 50)]);
            Assert.True(e is WeightsFormatException or BackboneGraphException, $"{part}: {e}");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Mutated_files_are_read_or_refused(int kind)
    {
        byte[] original = Original(kind);
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        (TimeSpan Time, int Seed) slowest = default;
        long largest = 0;
        for (int seed = 0; seed < 4000; seed++)
        {
            byte[] mutated = Mutator.Mutate(original, seed);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            Exception? e = Read(mutated);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
            if (time > slowest.Time) slowest = (time, seed);
            string outcome = e?.GetType().Name ?? "read";
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            Assert.True(e is null or WeightsFormatException or BackboneGraphException, $"Seed {seed}: {e}");
        }
        output.WriteLine($"{string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}; slowest {slowest.Time.TotalMilliseconds:0.0} ms "
            + $"(seed {slowest.Seed}); most memory {largest / 1024} kB.");
        Assert.True(slowest.Time < TimeSpan.FromSeconds(30), $"Seed {slowest.Seed} took {slowest.Time}.");
        Assert.InRange(largest, 0, MostManagedBytes);
        Assert.True(outcomes.Count >= 2);
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("folder/../../secret.bin")]
    [InlineData("")]
    [InlineData("link.bin")]
    public void Weights_outside_the_files_folder_are_not_read(string location)
    {
        Directory.CreateDirectory(_folder.In("models"));
        File.WriteAllBytes(_folder.In("secret.bin"), new byte[1 << 20]);
        string model = Path.Combine(_folder.In("models"), "m.onnx");
        if (!OperatingSystem.IsWindows()) File.CreateSymbolicLink(Path.Combine(_folder.In("models"), "link.bin"), _folder.In("secret.bin"));
        else Assert.SkipWhen(location == "link.bin", "Creating links requires a privilege on Windows.");
        File.WriteAllBytes(model, SmallOnnx.Model(small => small.External(location)));
        WeightsFormatException refused = Assert.Throws<WeightsFormatException>(() => OnnxBackbones.Read(model, new()));
        Assert.Contains("such files are not read", refused.Message, StringComparison.Ordinal);
    }

    private static byte[] Original(int kind) => kind switch
    {
        0 => SmallOnnx.Model(),
        1 => SmallOnnx.Shuffle(),
        _ => SmallOnnx.Model(model => model.Half()),
    };

    /// <summary>Reads a file with these bytes, including graph, shapes and weights, and returns the outcome.</summary>
    private static Exception? Read(byte[] bytes)
    {
        try
        {
            using ImportedBackbone imported = OnnxBackbones.Read(new OnnxModelFile(new MappedFile("hostile.onnx", bytes)), new());
            if (imported.Graph.Nodes.Sum(n => n.Operation.Tensors.Sum(t => t.Shape.Aggregate(1.0, (a, b) => a * b))) > 1 << 24) return null;
            foreach (string name in imported.Names) imported.Load(name).Dispose();
            _ = imported.Graph.ToString();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
