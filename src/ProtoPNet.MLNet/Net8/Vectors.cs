using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ProtoPNet.MLNet.Net8;

/// <summary>
/// What vectors and numbers have learned since .NET 8, for that framework only: slower, and the last digits may differ. What else came later comes from
/// the package Polyfill.
/// </summary>
internal static class Vectors
{
    extension(Vector512)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> MultiplyAddEstimate(Vector512<double> left, Vector512<double> right, Vector512<double> addend)
            => left * right + addend;

        public static Vector512<double> Exp(Vector512<double> x)
        {
            Span<double> values = stackalloc double[Vector512<double>.Count];
            x.CopyTo(values);
            foreach (ref double value in values) value = Math.Exp(value);
            return Vector512.Create<double>(values);
        }

        public static Vector512<double> Log(Vector512<double> x)
        {
            Span<double> values = stackalloc double[Vector512<double>.Count];
            x.CopyTo(values);
            foreach (ref double value in values) value = Math.Log(value);
            return Vector512.Create<double>(values);
        }
    }

    extension(Vector128)
    {
        public static Vector128<float> CreateSequence(float start, float step)
            => Vector128.Create(start, start + step, start + 2 * step, start + 3 * step);
    }

    extension(double)
    {
        /// <summary>To <see cref="int"/>; <typeparamref name="T"/> is always that here.</summary>
        public static int ConvertToIntegerNative<T>(double value) => (int)value;
    }
}
