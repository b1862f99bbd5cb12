using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Weights;

/// <summary>An element type and its names in the formats; null if a format lacks it.</summary>
internal sealed record ElementType(ScalarType Type, int Size, string? Safetensors, string PyTorch, string PyTorchStorage)
{
    /// <summary>All supported types.</summary>
    public static IReadOnlyList<ElementType> All { get; } =
    [
        new(ScalarType.Float64, 8, "F64", "float64", "DoubleStorage"),
        new(ScalarType.Float32, 4, "F32", "float32", "FloatStorage"),
        new(ScalarType.Float16, 2, "F16", "float16", "HalfStorage"),
        new(ScalarType.BFloat16, 2, "BF16", "bfloat16", "BFloat16Storage"),
        new(ScalarType.Int64, 8, "I64", "int64", "LongStorage"),
        new(ScalarType.Int32, 4, "I32", "int32", "IntStorage"),
        new(ScalarType.Int16, 2, "I16", "int16", "ShortStorage"),
        new(ScalarType.Int8, 1, "I8", "int8", "CharStorage"),
        new(ScalarType.Byte, 1, "U8", "uint8", "ByteStorage"),
        new(ScalarType.Bool, 1, "BOOL", "bool", "BoolStorage"),
        new(ScalarType.ComplexFloat32, 8, "C64", "complex64", "ComplexFloatStorage"),
        new(ScalarType.ComplexFloat64, 16, null, "complex128", "ComplexDoubleStorage"),
    ];

    public static ElementType Of(ScalarType type)
        => All.FirstOrDefault(t => t.Type == type) ?? throw new NotSupportedException($"Tensors of type {type} are not supported.");
}
