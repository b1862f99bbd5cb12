using System.Buffers.Binary;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Damages bytes like accidents and attackers; the same seed gives the same damage.</summary>
internal static class Mutator
{
    private static readonly long[] _extremes =
        [0, 1, -1, 127, 255, 65_535, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1L << 62];

    public static byte[] Mutate(byte[] original, int seed)
    {
        var random = new Random(seed);
        List<byte> bytes = [.. original];
        for (int n = random.Next(1, 7); n > 0 && bytes.Count > 0; n--) Once(bytes, random);
        return [.. bytes];
    }

    private static void Once(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 33), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] = (byte)"0123456789.(){}[]tRbuQc\"-,"[random.Next(26)]; break; // characters of JSON and pickles
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(random.Next(bytes.Count), [.. bytes.GetRange(at, length)]); break;
            case 5: bytes.RemoveRange(at, bytes.Count - at); break;
            case 6:
                byte[] number = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, _extremes[random.Next(_extremes.Length)]);
                int size = Math.Min(1 << random.Next(4), bytes.Count - at);
                for (int i = 0; i < size; i++) bytes[at + i] = number[i];
                break;
            default:
                int from = random.Next(bytes.Count - length + 1);
                for (int i = 0; i < length; i++) bytes[at + i] = bytes[from + i];
                break;
        }
    }
}
