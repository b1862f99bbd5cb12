using System.Diagnostics;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Damaged and malicious files of every format quickly raise our own exceptions, without exhausting memory.</summary>
public sealed class HostileFileTests(ITestOutputHelper output) : IDisposable
{
    private const int Mutations = 20_000;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30); // generous for a busy machine; a hang takes longer
    private const long MostManagedBytes = 64 << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files =>
    [
        "state_dict.safetensors", "state_dict.pth", "whole_module.pth", "training_checkpoint.pth",
        "state_dict_legacy.pth", "malicious.pth", "malicious_legacy.pth", "pybridge.dat", "torchsharp.dat",
    ];

    private byte[] Original(string name)
    {
        if (!name.EndsWith(".safetensors", StringComparison.Ordinal)) return File.ReadAllBytes(PyTorchFileTests.Checkpoint(name));
        using var scope = torch.NewDisposeScope();
        using TensorFile file = TensorFiles.Open(PyTorchFileTests.Checkpoint("state_dict.pth"));
        Safetensors.Write(
            _folder.In("made"), file.Tensors.Select(t => (t.Name, file.Load(t.Name))), new Dictionary<string, string> { ["format"] = "pt" });
        return File.ReadAllBytes(_folder.In("made"));
    }

    [Theory, MemberData(nameof(Files))]
    public void Files_cut_off_anywhere_are_refused(string name)
    {
        byte[] original = Original(name);
        for (int part = 0; part < 50; part++)
            Assert.IsType<WeightsFormatException>(Read(original[..(original.Length * part / 50)]));
    }

    [Theory, MemberData(nameof(Files))]
    public void Mutated_files_are_read_or_refused(string name)
    {
        byte[] original = Original(name);
        // One format has several files, which share its twenty thousand mutations.
        int count = name is "state_dict.safetensors" or "torchsharp.dat" or "pybridge.dat" ? Mutations
            : name.Contains("legacy", StringComparison.Ordinal) ? Mutations / 2
            : Mutations / 4;
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        (TimeSpan Time, int Seed) slowest = default;
        long largest = 0;
        for (int seed = 0; seed < count; seed++)
        {
            byte[] mutated = Mutator.Mutate(original, seed);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            Exception? e = Read(mutated);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
            if (time > slowest.Time) slowest = (time, seed);
            string outcome = e?.GetType().Name ?? "read";
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            Assert.True(e is null or WeightsFormatException, $"Seed {seed} of {name}: {e}");
        }
        output.WriteLine($"{name}: {count} files; {string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}; "
            + $"slowest {slowest.Time.TotalMilliseconds:0.0} ms (seed {slowest.Seed}); most memory {largest / 1024} kB.");
        Assert.True(slowest.Time < _longest, $"Seed {slowest.Seed} took {slowest.Time}.");
        Assert.InRange(largest, 0, MostManagedBytes);
        Assert.False(File.Exists("PWNED"));
    }

    [Fact]
    public void Mutated_streams_are_read_or_refused()
    {
        byte[] original = Original("state_dict.safetensors");
        for (int seed = 0; seed < Mutations; seed++)
        {
            using var stream = new MemoryStream(Mutator.Mutate(original, seed));
            try
            {
                foreach ((_, torch.Tensor tensor) in Safetensors.Read(stream, "stream")) tensor.Dispose();
            }
            catch (WeightsFormatException)
            {
                continue;
            }
        }
    }

    /// <summary>Opens a file with these bytes, loads every tensor and returns the outcome.</summary>
    private Exception? Read(byte[] bytes)
    {
        try
        {
            using TensorFile file = TensorFiles.Open(new MappedFile("hostile", bytes));
            foreach (TensorInfo tensor in file.Tensors) file.Load(tensor.Name).Dispose();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
