using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Files that TorchSharp's <c>module.save</c> and TorchSharp.PyBridge's <c>save_py</c> write.</summary>
public sealed class TorchSharpFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    /// <summary>Written by TorchSharp 0.107 and PyBridge 1.4.3: element i is i / 4 − the length of its tensor's name; counters are 7.</summary>
    [Theory]
    [InlineData("torchsharp.dat")]
    [InlineData("pybridge.dat")]
    public void Files_of_TorchSharp_and_PyBridge_hold_what_was_saved(string name)
    {
        using TensorFile file = TensorFiles.Open(PyTorchFileTests.Checkpoint(name));
        Assert.Equal(
            ["conv1.weight: Float32 [4 × 3 × 3 × 3]", "conv1.bias: Float32 [4]", "bn1.weight: Float32 [4]", "bn1.bias: Float32 [4]",
                "fc.weight: Float32 [2 × 4]", "fc.bias: Float32 [2]", "bn1.running_mean: Float32 [4]", "bn1.running_var: Float32 [4]",
                "bn1.num_batches_tracked: Int64 []"],
            file.Tensors.Select(t => $"{t}"));
        Assert.Equal(7, file.Load("bn1.num_batches_tracked").item<long>());
        foreach (TensorInfo info in file.Tensors.SkipLast(1))
            Assert.Equal(
                Enumerable.Range(0, (int)info.Elements).Select(i => i * 0.25f - info.Name.Length),
                file.Load(info.Name).flatten().data<float>().ToArray());
    }

    [Fact]
    public void A_backbone_that_TorchSharp_saved_starts_another()
    {
        using BackboneNetwork saved = new(Backbone.ResNet18.Graph.Cut(1)), started = new(Backbone.ResNet18.Graph.Cut(1));
        Initialise(saved);
        saved.save(_folder.In("backbone.dat"));
        using TensorFile file = TensorFiles.Open(_folder.In("backbone.dat"));
        TorchvisionWeights.Load(started, file.Tensors.Select(t => t.Name), file.Load, file.Path);
        foreach (((string name, Tensor tensor), (_, Tensor other)) in StateDict.Of(saved).Zip(StateDict.Of(started)))
            Assert.True(tensor.equal(other).all().item<bool>(), name);
    }

    /// <summary>The number of tensors comes first: as other formats' first bytes, it must not mislead.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData('\n')]
    [InlineData('<')]
    [InlineData(128)]
    [InlineData(640)]
    public void Any_number_of_tensors_is_recognised(int count)
    {
        (string Name, nn.Module<Tensor, Tensor> Layer)[] layers =
            [.. Enumerable.Range(0, count).Select(i => ($"layer{i}", (nn.Module<Tensor, Tensor>)nn.Linear(2, 1, hasBias: false)))];
        using var module = nn.Sequential(layers);
        module.save(_folder.In("many.dat"));
        using TensorFile file = TensorFiles.Open(_folder.In("many.dat"));
        Assert.Equal(count, file.Tensors.Count);
        string last = $"layer{count - 1}.weight";
        Assert.Equal(module.state_dict()[last].flatten().data<float>().ToArray(), file.Load(last).flatten().data<float>().ToArray());
    }

    [Theory]
    [InlineData(-4, "it ends within 'bn1.num_batches_tracked': it is truncated or damaged.")]
    [InlineData(-34, "its tensor 9 of 9, at byte 676, is damaged or missing.")]
    [InlineData(1, "there are bytes after the last tensor.")]
    public void A_damaged_file_is_refused_with_the_place(int more, string reason)
    {
        byte[] bytes = File.ReadAllBytes(PyTorchFileTests.Checkpoint("torchsharp.dat"));
        Array.Resize(ref bytes, bytes.Length + more);
        Assert.Equal(reason, Assert.Throws<WeightsFormatException>(() => TensorFiles.Open(new MappedFile("net.dat", bytes))).Reason);
    }

    private static void Initialise(BackboneNetwork network)
    {
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor tensor) in StateDict.Of(network))
            tensor.copy_((arange(tensor.numel(), float32) * 0.5f - name.Length).reshape(tensor.shape));
    }
}
