using System.Buffers.Binary;
using System.Text;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Weights;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Reads_the_backbone_of_the_real_file()
    {
        using TensorFile file = TensorFiles.Open(Shared.Path("weights", "resnet18-layer3.safetensors"));
        Assert.Equal([64L, 3, 7, 7], file.Info("conv1.weight").Shape);
        Assert.Equal(ScalarType.Float32, file.Info("conv1.weight").Type);
        Tensor weight = file.Load("conv1.weight");
        // The first filters of a trained ResNet-18 are neither near zero nor huge.
        Assert.InRange(weight.std().item<float>(), 0.01f, 0.3f);
        Assert.Equal([256L, 256, 3, 3], file.Info("layer3.1.conv2.weight").Shape);
        Assert.True(file.Load("layer3.1.bn2.running_var").min().item<float>() > 0);
    }

    public static TheoryData<ScalarType> Types =>
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16,
        ScalarType.Int8, ScalarType.Byte, ScalarType.Bool, ScalarType.ComplexFloat32,
    ];

    [Theory, MemberData(nameof(Types))]
    public void Every_element_type_survives_file_and_stream(ScalarType type)
    {
        Tensor original = arange(0, 24, float32).reshape(2, 3, 4).to_type(type);
        (string, Tensor)[] tensors =
        [
            ("a", original), ("transposed", original.transpose(0, 2)), ("scalar", original[1, 1, 1]), ("empty", original[.., ..0]),
        ];

        string path = _folder.In("types.safetensors");
        Safetensors.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["ключ"] = "\"\\\n" });
        using (TensorFile file = TensorFiles.Open(path))
        {
            Assert.Equal("\"\\\n", file.Metadata["ключ"]);
            foreach ((string name, Tensor tensor) in tensors) AssertSame(tensor, file.Load(name));
        }
        using FileStream stream = File.OpenRead(path);
        Dictionary<string, Tensor> read = Safetensors.Read(stream, "stream").ToDictionary(t => t.Name, t => t.Tensor);
        foreach ((string name, Tensor tensor) in tensors) AssertSame(tensor, read[name]);
    }

    [Fact]
    public void Tensors_larger_than_a_slice_survive()
    {
        Tensor large = arange(0, 9_000_001, int64);
        string path = _folder.In("large.safetensors");
        Safetensors.Write(path, [("small", ones(3)), ("large", large)]);
        using TensorFile file = TensorFiles.Open(path);
        AssertSame(large, file.Load("large"));
        AssertSame(ones(3), file.Load("small"));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "has 4 bytes of data")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, "need 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, "need 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "gaps")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
        6, "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "F8_E4M3")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-4],\"data_offsets\":[0,4]}}", 4, "invalid shape")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "invalid shape")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, "violates the format")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1, "invalid offsets")]
    [InlineData("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "violates the format")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
        2, "twice")]
    [InlineData("{\"a\":[1]}", 0, "violates the format")]
    [InlineData("{\"a\":", 0, "violates the format")]
    public void A_wrong_header_is_refused_with_the_reason(string json, int dataBytes, string reason)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        byte[] bytes = [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[dataBytes]];
        string path = _folder.Write("wrong.safetensors", bytes);
        var e = Assert.Throws<WeightsFormatException>(() => TensorFiles.Open(path));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(path, e.Path);
        Assert.Throws<WeightsFormatException>(() => Safetensors.Read(new MemoryStream(bytes), "stream").ToList());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void An_absurd_header_size_is_refused_before_anything_is_allocated(long length)
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WeightsFormatException>(() => Safetensors.Read(new MemoryStream(bytes), "stream").ToList());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_stream_that_ends_early_is_refused_wherever_it_ends()
    {
        using var whole = new MemoryStream();
        Safetensors.Write(whole, [("a", ones(100)), ("b", ones(7))]);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<WeightsFormatException>(() => Safetensors.Read(new MemoryStream(whole.GetBuffer(), 0, length), "stream").ToList());
    }

    [Fact]
    public void Two_tensors_of_one_name_are_not_written()
        => Assert.Contains(
            "'a'",
            Assert.Throws<ArgumentException>(() => Safetensors.Write(Stream.Null, [("a", ones(1)), ("a", ones(1))])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Writing_fails_without_leaving_half_a_file()
    {
        string path = _folder.In("failed.safetensors");
        Assert.Throws<NotSupportedException>(() => Safetensors.Write(path, [("a", ones(1)), ("b", ones(1, ScalarType.ComplexFloat64))]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.equal(actual).all().item<bool>());
    }
}
