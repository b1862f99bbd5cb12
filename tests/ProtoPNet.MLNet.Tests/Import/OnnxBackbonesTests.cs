using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Weights;
using ProtoPNet.MLNet.Weights.Onnx;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Import;

public sealed class OnnxBackbonesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Backbone_ends_before_the_pooling_and_stages_where_one_tensor_carries_everything()
    {
        using ImportedBackbone imported = Read(SmallOnnx.Model());
        Assert.Equal(["g"], imported.Graph.Stages);
        Assert.Equal(["a.weight", "c.weight", "d.bias", "d.running_mean", "d.running_var", "d.weight", "g.weight"], imported.Names.Order());
        using ImportedBackbone cut = Read(SmallOnnx.Model(), new("f"));
        Assert.Equal(["f"], cut.Graph.Stages);
        AssertRuns(SmallOnnx.Model(), "g", 32, 48);
    }

    [Fact]
    public void Arithmetic_of_shapes_is_folded_and_batch_and_size_stay_free() => AssertRuns(SmallOnnx.Shuffle(), "d", 32, 64);

    [Fact]
    public void Fixed_batches_and_sizes_are_relaxed()
    {
        var model = new SmallOnnx { Input = [1, 3, 32, 32] };
        model.Conv("image", "a", 3, 8, 4).Longs("to", 1, 8, -1).Node("Reshape", ["a", "to"], "long").Longs("back", 1, 8, 8, 8)
            .Node("Reshape", ["long", "back"], "b").Node("Relu", ["b"], "c");
        byte[] bytes = model.End("c", 8).Bytes();
        using ImportedBackbone imported = Read(bytes);
        Assert.Equal("c", imported.Graph.Output);
        Assert.Equal([3, 8, 8, 8], imported.Graph.Shapes(32, images: 3)[imported.Graph.Output]);
        // Rows and columns are hard-coded in the graph; the message says where.
        BackboneGraphException refused = Assert.Throws<BackboneGraphException>(() => imported.Graph.Shapes(64));
        Assert.Equal("b", refused.Node);
        Assert.Contains("exported for one size of images alone", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_half_and_double_precision_are_read()
    {
        using ImportedBackbone full = Read(SmallOnnx.Model()), half = Read(SmallOnnx.Model(m => m.Half()));
        using ImportedBackbone twice = Read(SmallOnnx.Model(m => m.Double()));
        Assert.Equal(ScalarType.Float32, twice.Load("a.weight").dtype);
        Assert.All(full.Names, name => Assert.Equal(full.Load(name).Floats(), twice.Load(name).Floats()));
        Assert.Equal(full.Load("a.weight").to_type(ScalarType.Float16).to_type(ScalarType.Float32).Floats(), half.Load("a.weight").Floats());
    }

    [Fact]
    public void Weights_in_a_file_beside_the_model_are_read()
    {
        string path = _folder.In("model.onnx");
        float[] weights = [.. Enumerable.Range(0, 3 * 8 * 9).Select(i => i / 100f)];
        File.WriteAllBytes(_folder.In("weights.bin"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weights).ToArray());
        var model = new SmallOnnx().External("weights.bin");
        model.Conv("image", "a", 3, 8);
        File.WriteAllBytes(path, model.Bytes("a"));
        using ImportedBackbone imported = OnnxBackbones.Read(path, new());
        Assert.Equal(weights, imported.Load("a.weight").Floats());
        imported.Dispose();
        File.Delete(_folder.In("weights.bin"));
        WeightsFormatException missing = Assert.Throws<WeightsFormatException>(() => OnnxBackbones.Read(path, new()));
        Assert.Contains("which is missing: put it next to", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(21)]
    public void Settings_are_read_as_attributes_of_old_opsets_and_inputs_of_new_ones(int opset)
    {
        var model = new SmallOnnx { Opset = opset };
        model.Conv("image", "a", 3, 8);
        if (opset < 10)
            model.Node("Clip", ["a"], "b", ("min", -0.25f), ("max", 0.25f))
                .Node("Slice", ["b"], "c", ("starts", new long[] { 2 }), ("ends", new long[] { 6 }), ("axes", new long[] { 1 }))
                .Node("Pad", ["c"], "d", ("pads", new long[] { 0, 0, 0, 1, 0, 0, 2, 0 }), ("value", 0.5f));
        else
            model.Weight("low", 1).Node("Neg", ["low"], "high").Node("Clip", ["a", "low", "high"], "b")
                .Longs("from", 2).Longs("to", 6).Longs("axis", 1)
                .Node("Slice", ["b", "from", "to", "axis"], "c").Longs("pads", 0, 0, 0, 1, 0, 0, 2, 0).Node("Pad", ["c", "pads"], "d");
        byte[] bytes = model.Conv("d", "e", 4, 8).End("e", 8).Bytes();
        AssertRuns(bytes, null, 32, 40);
    }

    [Fact]
    public void Padding_of_any_kind_and_rounding_up_are_computed_as_ONNX_says()
    {
        var model = new SmallOnnx();
        model.Conv("image", "a", 3, 4).Node("MaxPool", ["a"], "b", ("kernel_shape", new long[] { 3, 3 }), ("strides", new long[] { 2, 2 }),
                ("pads", new long[] { 0, 1, 1, 0 }))
            .Node("AveragePool", ["b"], "c", ("kernel_shape", new long[] { 3, 2 }), ("strides", new long[] { 2, 1 }),
                ("pads", new long[] { 0, 0, 2, 1 }))
            .Node("MaxPool", ["c"], "d", ("kernel_shape", new long[] { 2, 3 }), ("strides", new long[] { 2, 2 }), ("ceil_mode", 1))
            .Weight("w", 6, 2, 3, 3).Node("Conv", ["d", "w"], "e", ("group", 2),
                ("dilations", new long[] { 2, 1 }), ("pads", new long[] { 2, 0, 1, 2 }))
            .Weight("v", 6, 6, 2, 4).Node("Conv", ["e", "v"], "f", ("auto_pad", "SAME_UPPER"));
        AssertRuns(model.End("f", 6).Bytes(), "f", 32, 45);
    }

    [Fact]
    public void Activations_and_normalisations_are_ONNX_Runtimes()
    {
        var model = new SmallOnnx { Opset = 17 };
        model.Conv("image", "a", 3, 4).Node("LeakyRelu", ["a"], "b", ("alpha", 0.3f)).Node("HardSwish", ["b"], "c").Node("Elu", ["c"], "d")
            .Weight("slope", 4, 1, 1).Node("PRelu", ["d", "slope"], "e").Node("Softplus", ["e"], "f").Node("Tanh", ["f"], "g")
            .Node("Transpose", ["g"], "h", ("perm", new long[] { 0, 2, 3, 1 })).Weight("scale", 4).Weight("shift", 4)
            .Node("LayerNormalization", ["h", "scale", "shift"], "i").Node("Transpose", ["i"], "j", ("perm", new long[] { 0, 3, 1, 2 }))
            .Weight("one", 1).Node("Sub", ["one", "j"], "k").Node("HardSigmoid", ["k"], "l");
        AssertRuns(model.End("l", 4).Bytes(), "l", 32);
    }

    [Theory]
    [InlineData(6, "written in opset 6; 7 to 21 are read")]
    [InlineData(22, "written in opset 22; 7 to 21 are read")]
    public void Other_opsets_are_refused(int opset, string reason)
    {
        var model = new SmallOnnx { Opset = opset };
        AssertRefused(model.Conv("image", "a", 3, 4).End("a", 4).Bytes(), reason);
    }

    [Fact]
    public void What_cannot_be_a_backbone_says_where_and_what_would_help()
    {
        AssertRefused(new SmallOnnx { Input = [0, 32, 32, 3] }.Conv("image", "a", 3, 4).End("a", 4).Bytes(), "colours last", "inputs-as-nchw");
        AssertRefused(new SmallOnnx { Input = [0, 4, 32, 32] }.Conv("image", "a", 4, 4).End("a", 4).Bytes(), "N × 3 × H × W");
        byte[] resizes = new SmallOnnx().Conv("image", "a", 3, 4).Node("Resize", ["a"], "b").Conv("b", "c", 4, 4).End("c", 4).Bytes();
        BackboneGraphException resize = AssertRefused(resizes, "node 'b' (Resize)", "Cut the network before it", "'a'");
        Assert.Equal(("b", "Resize"), (resize.Node, resize.Operation));
        AssertRefusedWith(new SmallOnnx().Conv("image", "a", 3, 4).End("a", 4).Bytes(), new("nothing"), "there is no tensor 'nothing'", "'a'");
        AssertRefusedWith(new SmallOnnx().Conv("image", "a", 3, 4).End("a", 4).Bytes(), new("pooled"), "'pooled' is no map");
        using ImportedBackbone before = Read(resizes, new("a"));
        Assert.Equal("a", before.Graph.Output);
    }

    [Fact]
    public void Colours_the_other_way_round_go_into_the_first_convolution()
    {
        using BackboneNetwork rgb = Read(SmallOnnx.Model()).Network(), bgr = Read(SmallOnnx.Model(), new() { Channels = ChannelOrder.Bgr }).Network();
        Tensor images = OnnxRuns.Pixels(3, 2, 32);
        Arrays.AssertClose(rgb.call(images.flip(1)).Floats(), bgr.call(images).Floats(), 1e-5);
    }

    [Fact]
    public void Birds_of_iNaturalist_give_the_features_of_ONNX_Runtime()
    {
        string path = Shared.Path("weights", "mobilenet-v2-inat-birds.onnx");
        using ImportedBackbone imported = OnnxBackbones.Read(path, new() { Normalisation = InputNormalisation.MinusOneToOne });
        Assert.Equal("conv51_relu6", imported.Graph.Output);
        Assert.Equal([1, 1280, 7, 7], imported.Graph.Shapes(224)[imported.Graph.Output]);
        Assert.Equal(4, imported.Graph.Stages.Count);
        foreach (int size in new[] { 224, 320 }) AssertRuns(File.ReadAllBytes(path), "conv51_relu6", size);
    }

    /// <summary>Checks that features equal ONNX Runtime's, for batches of two at these sizes.</summary>
    private void AssertRuns(byte[] model, string? cut, params int[] sizes)
    {
        using ImportedBackbone imported = Read(model, new(cut));
        using BackboneNetwork network = imported.Network();
        using IDisposable noGrad = no_grad();
        foreach (int size in sizes)
        {
            string path = _folder.In($"{Guid.NewGuid()}.onnx");
            File.WriteAllBytes(path, OnnxEdits.WithOutput(model, imported.Graph.Output, size));
            Tensor images = OnnxRuns.Pixels(5, 2, size);
            float[] expected = OnnxRuns.Run(path, images, imported.Graph.Output);
            Arrays.AssertClose(expected, network.call(images).Floats(), 1e-4 * Math.Max(expected.Max(Math.Abs), 1e-3));
        }
    }

    private static ImportedBackbone Read(byte[] model, OnnxBackboneOptions? options = null)
        => OnnxBackbones.Read(new OnnxModelFile(new MappedFile("model.onnx", model)), options ?? new());

    private static BackboneGraphException AssertRefused(byte[] model, params string[] reasons) => AssertRefusedWith(model, new(), reasons);

    private static BackboneGraphException AssertRefusedWith(byte[] model, OnnxBackboneOptions options, params string[] reasons)
    {
        BackboneGraphException refused = Assert.Throws<BackboneGraphException>(() => Read(model, options));
        Assert.All(reasons, reason => Assert.Contains(reason, refused.Message, StringComparison.Ordinal));
        return refused;
    }
}
