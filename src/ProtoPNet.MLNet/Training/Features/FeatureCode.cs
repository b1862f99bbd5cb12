using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>How the features of a view become a row of bytes.</summary>
internal abstract class FeatureCode
{
    /// <summary>In 32 bits: exactly what the network computes.</summary>
    public static FeatureCode Exact { get; } = new Single();

    /// <summary>In 16 bits. Features beyond the range of half precision are divided by a power of two, one for each view.</summary>
    public static FeatureCode Half { get; } = new Halves();

    /// <summary>The name, which distinguishes files of different codes.</summary>
    public abstract string Name { get; }

    /// <summary>The length in bytes of a row of so many features.</summary>
    public abstract int RowBytes(long features);

    /// <summary>The rows of N views' features (N × C × H × W).</summary>
    public abstract byte[][] Encode(Tensor features);

    /// <summary>The features of one view, from its row.</summary>
    public abstract void Decode(ReadOnlySpan<byte> row, Span<float> features);

    private sealed class Single : FeatureCode
    {
        public override string Name => "float32";

        public override int RowBytes(long features) => checked((int)(features * sizeof(float)));

        public override byte[][] Encode(Tensor features)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor made = features.cpu().contiguous();
            int length = RowBytes(made.numel() / made.shape[0]);
            return [.. Enumerable.Range(0, (int)made.shape[0]).Select(n => made.bytes.Slice(n * length, length).ToArray())];
        }

        public override void Decode(ReadOnlySpan<byte> row, Span<float> features) => row.CopyTo(MemoryMarshal.AsBytes(features));
    }

    private sealed class Halves : FeatureCode
    {
        /// <summary>The largest number of half precision.</summary>
        private const double Largest = 65504;

        public override string Name => "float16";

        public override int RowBytes(long features) => checked((int)(sizeof(float) + features * sizeof(ushort)));

        public override byte[][] Encode(Tensor features)
        {
            using DisposeScope scope = NewDisposeScope();
            float[] divisors = [.. features.abs().flatten(1).amax([1]).cpu().data<float>().ToArray().Select(Divisor)];
            Tensor scales = tensor(divisors, device: features.device).reshape(-1, 1, 1, 1);
            Tensor made = (features / scales).to(ScalarType.Float16).cpu().contiguous();
            int length = RowBytes(made.numel() / made.shape[0]), numbers = length - sizeof(float);
            return [.. divisors.Select((divisor, n) => Row(divisor, made.bytes.Slice(n * numbers, numbers)))];
        }

        public override void Decode(ReadOnlySpan<byte> row, Span<float> features)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, System.Half>(row[sizeof(float)..]), features);
            float divisor = MemoryMarshal.Read<float>(row);
            if (divisor != 1) TensorPrimitives.Multiply(features, divisor, features);
        }

        private static byte[] Row(float divisor, ReadOnlySpan<byte> numbers)
        {
            byte[] row = new byte[sizeof(float) + numbers.Length];
            MemoryMarshal.Write(row, divisor);
            numbers.CopyTo(row.AsSpan(sizeof(float)));
            return row;
        }

        /// <summary>A power of two, 1 if the view's largest feature fits unscaled. Infinity and NaN are kept as they are.</summary>
        private static float Divisor(float largest)
            => largest > Largest && float.IsFinite(largest) ? MathF.ScaleB(1, MathF.ILogB(largest) - 14) : 1;
    }
}
