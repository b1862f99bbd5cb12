using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Weights.Onnx;

/// <summary>A tensor of an ONNX file: its type and shape, and the location of its data.</summary>
internal sealed class OnnxTensor
{
    private readonly Func<Tensor> _load;

    public OnnxTensor(string name, ScalarType type, long[] shape, Func<Tensor> load) => (Name, Info, _load) = (name, new(name, type, shape), load);

    public string Name { get; }

    public TensorInfo Info { get; }

    /// <summary>Data stored as in memory.</summary>
    public static OnnxTensor Raw(string name, ElementType type, long[] shape, MappedFile file, long begin, long length)
    {
        var info = new TensorInfo(name, type.Type, shape);
        if (info.Elements * (Int128)type.Size != length)
            throw new WeightsFormatException(file.Path, $"tensor '{info}' has {length} bytes of data.");
        return new(name, type.Type, shape, () => TensorBytes.Create(shape, type.Type, (offset, bytes) => file.Read(begin + offset, bytes)));
    }

    /// <summary>Data stored as individual integers; 16-bit floating-point values as their bits.</summary>
    public static OnnxTensor Listed(string name, ElementType type, long[] shape, long[] numbers, string path)
    {
        var info = new TensorInfo(name, type.Type, shape);
        if (info.Elements != numbers.Length) throw new WeightsFormatException(path, $"tensor '{info}' has {numbers.Length} numbers.");
        return new(name, type.Type, shape, () =>
        {
            if (type.Type is not (ScalarType.Float16 or ScalarType.BFloat16)) return tensor(numbers, shape).to_type(type.Type);
            return TensorBytes.Create(shape, type.Type, (offset, bytes) =>
            {
                for (int i = 0; i + 1 < bytes.Length; i += 2)
                    System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(bytes[i..], (ushort)numbers[(offset + i) / 2]);
            });
        });
    }

    /// <summary>A new tensor, owned by the caller; floating-point types are converted to 32 bits.</summary>
    public Tensor Load()
    {
        Tensor loaded = _load();
        if (!loaded.is_floating_point() || loaded.dtype == ScalarType.Float32) return loaded;
        using (loaded) return loaded.to_type(ScalarType.Float32);
    }
}
