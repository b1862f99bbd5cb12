using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Native;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library asks of other libraries (section type SHT_GNU_verneed).
/// A need marked weak does not stop the loader where the other library lacks that version.
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const ushort WeakFlag = 2; // VER_FLG_WEAK

    /// <summary>Marks the need of <paramref name="version"/> as weak wherever <paramref name="elf"/> states it.</summary>
    /// <returns>How many needs were found; 0 if the library does not ask for that version.</returns>
    /// <exception cref="BadImageFormatException">The bytes are no 64-bit little-endian ELF file, or a damaged one.</exception>
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

    /// <summary>Records follow one another; 0 says that there is none. Never backwards, so that a damaged file ends too.</summary>
    private static bool Advance(ref int at, uint distance)
    {
        at = checked(at + (int)distance);
        return distance != 0;
    }

    private static ushort Half(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf[at..]);

    private static uint Word(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf[at..]);

    private static int Offset(ReadOnlySpan<byte> elf, int at) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[at..]));
}
