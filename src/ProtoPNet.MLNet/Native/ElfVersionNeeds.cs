using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Native;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library requires of other libraries (section type SHT_GNU_verneed).
/// The loader ignores a missing version if the need is marked weak.
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const ushort WeakFlag = 2; // VER_FLG_WEAK

    /// <summary>Marks all needs of <paramref name="version"/> in <paramref name="elf"/> as weak.</summary>
    /// <returns>The number of needs found; 0 if the library does not require that version.</returns>
    /// <exception cref="BadImageFormatException">The bytes are not a 64-bit little-endian ELF file, or a damaged one.</exception>
    public static int MarkWeak(Span<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..6].SequenceEqual((ReadOnlySpan<byte>)[0x7f, 0x45, 0x4c, 0x46, 2, 1]))
            throw new BadImageFormatException("Not a 64-bit little-endian ELF file.");

        ReadOnlySpan<byte> wanted = Encoding.ASCII.GetBytes(version);
        int found = 0;
        try
        {
            int sections = Offset(elf, 0x28), sectionSize = Half(elf, 0x3A), sectionCount = Half(elf, 0x3C);
            for (int i = 0; i < sectionCount; i++)
            {
                int section = sections + i * sectionSize;
                if (Word(elf, section + 4) != SectionTypeVersionNeeds) continue;

                int names = Offset(elf, sections + (int)Word(elf, section + 0x28) * sectionSize + 0x18);
                int need = Offset(elf, section + 0x18);
                for (uint left = Word(elf, section + 0x2C); left > 0; left--)
                {
                    int aux = checked(need + (int)Word(elf, need + 8));
                    for (int auxLeft = Half(elf, need + 2); auxLeft > 0; auxLeft--)
                    {
                        ReadOnlySpan<byte> name = elf[(names + (int)Word(elf, aux + 8))..];
                        if (name[..name.IndexOf((byte)0)].SequenceEqual(wanted))
                        {
                            Span<byte> flags = elf.Slice(aux + 4, 2);
                            BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(Half(elf, aux + 4) | WeakFlag));
                            found++;
                        }
                        if (!Advance(ref aux, Word(elf, aux + 12))) break;
                    }
                    if (!Advance(ref need, Word(elf, need + 12))) break;
                }
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            throw new BadImageFormatException("The ELF file is damaged: an offset lies outside of it.", e);
        }
        return found;
    }

    /// <summary>The offset of the next record; 0 if there is none. Never goes backwards, so that reading a damaged file terminates.</summary>
    private static bool Advance(ref int at, uint distance)
    {
        at = checked(at + (int)distance);
        return distance != 0;
    }

    private static ushort Half(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf[at..]);

    private static uint Word(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf[at..]);

    private static int Offset(ReadOnlySpan<byte> elf, int at) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[at..]));
}
