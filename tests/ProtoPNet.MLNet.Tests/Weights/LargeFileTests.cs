using System.Diagnostics;
using System.Globalization;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Files of the size of published ones, generated.</summary>
public sealed class LargeFileTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_state_dict_of_45_MB_is_read_into_a_backbone_in_half_a_second()
    {
        using BackboneNetwork backbone = BackboneNetwork.Create(Backbone.ResNet18, null);
        Write(backbone, [("fc.weight", [1000, 512]), ("fc.bias", [1000])]);
        double best = double.PositiveInfinity;
        for (int attempt = 0; attempt < 20 && best > 0.5; attempt++) // others may keep the machine busy
        {
            var watch = Stopwatch.StartNew();
            using TensorFile file = TensorFile.Open(_folder.File("large.pth"));
            TorchvisionWeights.Load(backbone, file.Tensors.Select(t => t.Name), file.Load, file.Path);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        output.WriteLine($"{new FileInfo(_folder.File("large.pth")).Length / 1e6:0.0} MB in {best * 1000:0} ms at best.");
        Assert.InRange(best, 0, 0.5);
    }

    /// <summary>Takes half a gigabyte of disk: to be asked for.</summary>
    [Fact(Explicit = true)]
    public void A_state_dict_of_half_a_gigabyte_is_read_at_a_peak_of_little_more()
    {
        using BackboneNetwork backbone = BackboneNetwork.Create(Backbone.Vgg19, null);
        Write(backbone, [("classifier.0.weight", [4096, 25088]), ("classifier.0.bias", [4096]), ("classifier.3.weight", [4096, 4096]), ("classifier.3.bias", [4096]),
            ("classifier.6.weight", [1000, 4096]), ("classifier.6.bias", [1000])]);
        long size = new FileInfo(_folder.File("large.pth")).Length;
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak counts from here
        long before = Status("VmRSS");
        var watch = Stopwatch.StartNew();
        using (TensorFile file = TensorFile.Open(_folder.File("large.pth")))
        {
            Tensor[] all = [.. file.Tensors.Select(t => file.Load(t.Name))];
            foreach (Tensor tensor in all) tensor.Dispose();
        }
        long everything = Status("VmHWM");
        output.WriteLine($"{size / 1e6:0} MB, every tensor held at once: peak {everything / 1e6:0} MB, of which {before / 1e6:0} MB were there before; {watch.Elapsed.TotalSeconds:0.00} s.");

        File.WriteAllText("/proc/self/clear_refs", "5");
        using (TensorFile file = TensorFile.Open(_folder.File("large.pth")))
            TorchvisionWeights.Load(backbone, file.Tensors.Select(t => t.Name), file.Load, file.Path);
        output.WriteLine($"Into the backbone: peak {Status("VmHWM") / 1e6:0} MB.");
        Assert.True(everything - before <= 1.3 * size);
        Assert.True(Status("VmHWM") <= 1.3 * size);
    }

    private void Write(BackboneNetwork backbone, (string Name, long[] Shape)[] classifier)
        => new PickleWriter().StateDict(StateDict.Of(backbone).Select(t => (t.Name, t.Tensor.shape)).Concat(classifier)
            .Select<(string Name, long[] Shape), (string, long[], Action<Stream>?)>(t => (t.Name, t.Shape, null))).Save(_folder.File("large.pth"));

    private static long Status(string line)
        => 1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(line, StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture);
}
