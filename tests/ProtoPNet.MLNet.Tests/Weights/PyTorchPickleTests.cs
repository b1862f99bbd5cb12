using System.IO.Compression;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Weights;

public sealed class PyTorchPickleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Names(PickleWriter pickle)
    {
        pickle.Save(_folder.In("test.pth"));
        using TensorFile file = TensorFiles.Open(_folder.In("test.pth"));
        return [.. file.Tensors.Select(t => t.Name)];
    }

    private string Refusal(PickleWriter pickle, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        pickle.Save(_folder.In("test.pth"), compression);
        return Assert.Throws<WeightsFormatException>(() => TensorFiles.Open(_folder.In("test.pth"))).Reason;
    }

    [Fact]
    public void DenseNets_old_names_are_todays()
        => Assert.Equal(
            ["features.denseblock1.denselayer1.norm1.weight", "features.denseblock1.denselayer12.conv2.weight", "features.norm5.bias"],
            Names(new PickleWriter().StateDict(
            [
                ("features.denseblock1.denselayer1.norm.1.weight", [2], null),
                ("features.denseblock1.denselayer12.conv.2.weight", [2], null),
                ("features.norm5.bias", [2], null),
            ])));

    [Fact]
    public void Prefixes_of_wrappers_go_where_every_name_has_them()
    {
        Assert.Equal(["a", "b"], Names(new PickleWriter().StateDict([("module._orig_mod.a", [1], null), ("module._orig_mod.b", [1], null)])));
        Assert.Equal(["module.a", "b"], Names(new PickleWriter().StateDict([("module.a", [1], null), ("b", [1], null)])));
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model")]
    [InlineData("some_other_name")]
    public void The_network_is_found_within_a_training_checkpoint(string entry)
        => Assert.Equal(["a"], Names(new PickleWriter().Op('}').Op('(').Text("epoch").Number(7).Text(entry).StateDict([("a", [1], null)]).Op('u')));

    [Theory]
    [InlineData("os", "system", "os.system")]
    [InlineData("builtins", "eval", "builtins.eval")]
    [InlineData("__builtin__", "exec", "builtins.exec")]
    [InlineData("subprocess", "Popen", "subprocess.Popen")]
    [InlineData("torch.hub", "load", "torch.hub.load")]
    [InlineData("torch.storage", "_load_from_bytes", "torch.storage._load_from_bytes")]
    [InlineData("mymodels", "build", "mymodels.build")]
    public void A_call_is_refused_by_name(string module, string name, string named)
    {
        Assert.Contains($"'{named}'", Refusal(new PickleWriter().Global(module, name).Op('(').Text("x").Op('t').Op('R')), StringComparison.Ordinal);
        Assert.Contains($"'{named}'", Refusal(new PickleWriter().Global(module, name).Op('(').Text("x").Op('t').Raw(0x81)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('i')] // INST
    [InlineData('o')] // OBJ
    [InlineData((char)0x82)] // EXT1
    [InlineData((char)0x92)] // NEWOBJ_EX
    [InlineData((char)0x97)] // NEXT_BUFFER
    public void Other_ways_to_make_objects_are_refused(char code)
        => Assert.Contains($"0x{(int)code:x2}", Refusal(new PickleWriter().Op('(').Raw((byte)code)), StringComparison.Ordinal);

    [Fact]
    public void A_broadcast_view_is_refused_where_it_would_grow_and_read_where_it_is_small()
    {
        PickleWriter View(long rows) => new PickleWriter().Op('}').Text("a").Tensor([rows, 4], [0, 1], 4, s => s.Write(new byte[16])).Op('s');
        Assert.Contains("far more elements", Refusal(View(1L << 40)), StringComparison.Ordinal);
        View(3).Save(_folder.In("small.pth"));
        using TensorFile file = TensorFiles.Open(_folder.In("small.pth"));
        using torch.Tensor tensor = file.Load("a");
        Assert.Equal([3L, 4], tensor.shape);
    }

    [Fact]
    public void A_view_beyond_its_storage_is_refused()
    {
        static PickleWriter View(long[] shape, long[] strides, long stored)
            => new PickleWriter().Op('}').Text("a").Tensor(shape, strides, stored, s => s.Write(new byte[16])).Op('s');
        Assert.Contains("refers to element 4", Refusal(View([5], [1], 4)), StringComparison.Ordinal);
        Assert.Contains("refers to element", Refusal(View([2, 2], [long.MaxValue, long.MaxValue], 4)), StringComparison.Ordinal);
        Assert.Contains("invalid shape", Refusal(View([2], [-1], 4)), StringComparison.Ordinal);
        Assert.Contains("has 16 bytes", Refusal(View([5], [1], 5)), StringComparison.Ordinal);
        Assert.Contains("claims", Refusal(View([5], [1], long.MaxValue)), StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_entries_are_read_and_bombs_are_refused()
    {
        new PickleWriter().StateDict([("a", [100_000], null)]).Save(_folder.In("packed.pth"), CompressionLevel.Optimal);
        using (TensorFile file = TensorFiles.Open(_folder.In("packed.pth")))
        using (torch.Tensor loaded = file.Load("a"))
            Assert.Equal(new float[100_000], loaded.data<float>().ToArray());
        Assert.Contains("'archive/data/0' would unpack from ",
            Refusal(new PickleWriter().StateDict([("a", [20_000_000], null)]), CompressionLevel.Fastest), StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_that_contain_one_another_many_times_are_refused()
    {
        // Each module contains the previous one twice: nominally 2^40 of them.
        var pickle = new PickleWriter();
        pickle.Global("m", "M").Op(')').Raw(0x81).Raw((byte)'q', 0);
        for (int i = 0; i < 40; i++)
        {
            pickle.Global("m", "M").Op(')').Raw(0x81).Op('}').Text("_modules").Op('}').Op('(')
                .Text("x").Raw((byte)'h', 0).Text("y").Raw((byte)'h', 0).Op('u').Op('s').Op('b');
            pickle.Raw((byte)'q', 0);
        }
        Assert.Contains("modules", Refusal(pickle), StringComparison.Ordinal);
    }

    [Fact]
    public void What_holds_no_network_is_described()
    {
        Assert.Contains(
            "'epoch', 'loss'",
            Refusal(new PickleWriter().Op('}').Op('(').Text("epoch").Number(1).Text("loss").Number(2).Op('u')), StringComparison.Ordinal);
        Assert.Contains(
            "'argparse.Namespace'",
            Refusal(new PickleWriter().Global("argparse", "Namespace").Op(')').Raw(0x81)), StringComparison.Ordinal);
        Assert.Contains("list", Refusal(new PickleWriter().Op(']')), StringComparison.Ordinal);
    }
}
