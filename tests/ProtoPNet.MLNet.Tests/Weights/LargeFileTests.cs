using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Generated files as large as published ones. The benchmark <c>weights</c> covers timing and half a gigabyte.</summary>
public sealed class LargeFileTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_state_dict_of_45_MB_goes_into_a_backbone_without_a_copy_in_managed_memory()
    {
        using BackboneNetwork backbone = new(Backbone.ResNet18.Graph);
        Write(backbone, [("fc.weight", [1000, 512]), ("fc.bias", [1000])]);
        Assert.InRange(new FileInfo(_folder.In("large.pth")).Length, 45_000_000, 50_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (TensorFile file = TensorFiles.Open(_folder.In("large.pth")))
            TorchvisionWeights.Load(backbone, file.Tensors.Select(t => t.Name), file.Load, file.Path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{allocated} bytes");
        Assert.InRange(allocated, 0, 4 << 20);
    }

    private void Write(BackboneNetwork backbone, (string Name, long[] Shape)[] classifier)
        => new PickleWriter().StateDict(StateDict.Of(backbone).Select(t => (t.Name, t.Tensor.shape)).Concat(classifier)
            .Select<(string Name, long[] Shape), (string, long[], Action<Stream>?)>(t => (t.Name, t.Shape, null))).Save(_folder.In("large.pth"));
}
