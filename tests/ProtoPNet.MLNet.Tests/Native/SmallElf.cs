using System.Buffers.Binary;
using System.Text;

namespace ProtoPNet.MLNet.Tests.Native;

/// <summary>The smallest ELF file that requires symbol versions: a header, the names, the needs, three section headers.</summary>
internal static class SmallElf
{
    private const int Header = 64, SectionSize = 64, Need = 16, Aux = 16;

    /// <summary>The needs: each a library and the versions required of it.</summary>
    public static byte[] Asking(params (string Library, string[] Versions)[] needs)
    {
        var names = new List<byte> { 0 };
        int Name(string text)
        {
            int at = names.Count;
            names.AddRange(Encoding.ASCII.GetBytes(text));
            names.Add(0);
            return at;
        }

        var records = new List<byte>();
        void Half(int value) => records.AddRange(BitConverter.GetBytes((ushort)value));
        void Word(int value) => records.AddRange(BitConverter.GetBytes((uint)value));
        for (int i = 0; i < needs.Length; i++)
        {
            (string library, string[] versions) = needs[i];
            Half(1);
            Half(versions.Length);
            Word(Name(library));
            Word(Need);
            Word(i + 1 < needs.Length ? Need + versions.Length * Aux : 0);
            for (int j = 0; j < versions.Length; j++)
            {
                Word(0x1234);
                Half(0);
                Half(2 + j);
                Word(Name(versions[j]));
                Word(j + 1 < versions.Length ? Aux : 0);
            }
        }

        int namesAt = Header, needsAt = namesAt + names.Count, sectionsAt = needsAt + records.Count;
        byte[] elf = new byte[sectionsAt + 3 * SectionSize];
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]).CopyTo(elf);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(0x28), (ulong)sectionsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3A), SectionSize);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3C), 3);
        names.CopyTo(elf, namesAt);
        records.CopyTo(elf, needsAt);
        Section(elf.AsSpan(sectionsAt + SectionSize), type: 3, namesAt, names.Count, link: 0, info: 0);
        Section(elf.AsSpan(sectionsAt + 2 * SectionSize), type: 0x6ffffffe, needsAt, records.Count, link: 1, info: needs.Length);
        return elf;
    }

    /// <summary>The flags of the needs of <paramref name="version"/>, read back independently of the code under test.</summary>
    public static ushort FlagsOf(byte[] elf, string library, string version)
    {
        int sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(0x28));
        int at = BitConverter.ToInt32(elf, sections + 2 * SectionSize + 0x18);
        while (true)
        {
            int aux = at + Need, count = BitConverter.ToUInt16(elf, at + 2);
            if (Text(elf, BitConverter.ToInt32(elf, at + 4)) == library)
                for (int j = 0; j < count; j++)
                    if (Text(elf, BitConverter.ToInt32(elf, aux + j * Aux + 8)) == version) return BitConverter.ToUInt16(elf, aux + j * Aux + 4);
            int next = BitConverter.ToInt32(elf, at + 12);
            if (next == 0) throw new KeyNotFoundException($"{library} {version}");
            at += next;
        }
    }

    private static string Text(byte[] elf, int offset)
    {
        int start = Header + offset;
        return Encoding.ASCII.GetString(elf, start, Array.IndexOf(elf, (byte)0, start) - start);
    }

    private static void Section(Span<byte> header, uint type, int offset, int size, uint link, int info)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x18..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x20..], (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(header[0x28..], link);
        BinaryPrimitives.WriteUInt32LittleEndian(header[0x2C..], (uint)info);
    }
}
