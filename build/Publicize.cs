using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a managed assembly, raising the accessibility of internal types and members in its metadata tables
/// (ECMA-335, II.22 to II.24): internal becomes public, private protected becomes protected, private stays.
/// </summary>
public class Publicize : Task
{
    [Required] public string Source { get; set; }
    [Required] public string Destination { get; set; }

    public override bool Execute()
    {
        try
        {
            var assembly = new AssemblyImage(File.ReadAllBytes(Source));
            assembly.RaiseTypes();
            assembly.RaiseMembers(AssemblyImage.Field, 0);
            assembly.RaiseMembers(AssemblyImage.Method, 6); // after the RVA (4) and the implementation flags (2)
            Directory.CreateDirectory(Path.GetDirectoryName(Destination));
            File.WriteAllBytes(Destination, assembly.Bytes);
        }
        catch (Exception e) when (e is IOException || e is BadImageFormatException || e is IndexOutOfRangeException)
        {
            Log.LogError("Cannot publicize {0}: {1}", Source, e.Message);
        }
        return !Log.HasLoggedErrors;
    }

    sealed class AssemblyImage
    {
        public const int Field = 0x04, Method = 0x06;
        const int Module = 0x00, TypeRef = 0x01, TypeDef = 0x02, Param = 0x08, ModuleRef = 0x1A, TypeSpec = 0x1B, AssemblyRef = 0x23;

        public readonly byte[] Bytes;
        readonly int[] _rows = new int[64], _start = new int[7], _size = new int[7];
        readonly int _stringHeap, _stringIndex;

        public AssemblyImage(byte[] bytes)
        {
            Bytes = bytes;
            int metadata = Metadata(), tables = 0;
            int at = metadata + 16 + Int(metadata + 12);
            int streams = Short(at + 2);
            at += 4;
            for (int i = 0; i < streams; i++)
            {
                string name = Text(at + 8);
                if (name == "#~") tables = metadata + Int(at);
                if (name == "#Strings") _stringHeap = metadata + Int(at);
                at += 8 + (name.Length / 4 + 1) * 4;
            }
            if (tables == 0 || _stringHeap == 0) throw new BadImageFormatException("it has no metadata tables");

            ulong present = BitConverter.ToUInt64(Bytes, tables + 8);
            at = tables + 24;
            for (int t = 0; t < 64; t++)
                if ((present >> t & 1) != 0) { _rows[t] = Int(at); at += 4; }
            if (_rows[3] + _rows[5] + _rows[7] != 0) throw new BadImageFormatException("its tables are in the uncompressed order");

            int heaps = Bytes[tables + 6];
            _stringIndex = (heaps & 1) != 0 ? 4 : 2;
            int guid = (heaps & 2) != 0 ? 4 : 2, blob = (heaps & 4) != 0 ? 4 : 2;
            _size[Module] = 2 + _stringIndex + 3 * guid;
            _size[TypeRef] = Index(2, Module, ModuleRef, AssemblyRef, TypeRef) + 2 * _stringIndex;
            _size[TypeDef] = 4 + 2 * _stringIndex + Index(2, TypeDef, TypeRef, TypeSpec) + Index(0, Field) + Index(0, Method);
            _size[Field] = 2 + _stringIndex + blob;
            _size[Method] = 8 + _stringIndex + blob + Index(0, Param);
            for (int t = 0; t < _size.Length; t++)
            {
                _start[t] = at;
                at += _rows[t] * _size[t];
            }
        }

        public void RaiseTypes()
        {
            for (int i = 0; i < _rows[TypeDef]; i++)
            {
                int at = _start[TypeDef] + i * _size[TypeDef];
                string name = Text(Heap(at + 4)), space = Text(Heap(at + 4 + _stringIndex));
                // Compiler-generated types and copies of framework attributes stay internal, as they would be ambiguous.
                if (name.Contains("<") || space == "System" || space.StartsWith("System.", StringComparison.Ordinal)
                    || space.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)) continue;
                int visibility = Bytes[at] & 7;
                if (visibility == 0) Bytes[at] |= 1;                                          // internal
                if (visibility >= 5) Bytes[at] = (byte)(Bytes[at] & ~7 | 2);                  // nested, any kind of internal
            }
        }

        public void RaiseMembers(int table, int flags)
        {
            for (int i = 0; i < _rows[table]; i++)
            {
                int at = _start[table] + i * _size[table] + flags, access = Bytes[at] & 7;
                if (access == 3) Bytes[at] = (byte)(Bytes[at] & ~7 | 6);                      // internal
                if (access == 2) Bytes[at] = (byte)(Bytes[at] & ~7 | 4);                      // private protected
            }
        }

        int Metadata()
        {
            int header = Int(0x3C), optional = header + 24;
            int directories = optional + (Short(optional) == 0x20B ? 112 : 96);
            return FileOffset(Int(FileOffset(Int(directories + 14 * 8)) + 8));
        }

        int FileOffset(int address)
        {
            int header = Int(0x3C), section = header + 24 + Short(header + 20);
            for (int i = 0; i < Short(header + 6); i++, section += 40)
            {
                int start = Int(section + 12);
                if (address >= start && address < start + Math.Max(Int(section + 8), Int(section + 16)))
                    return address - start + Int(section + 20);
            }
            throw new BadImageFormatException("an address lies outside its sections");
        }

        int Index(int tagBits, params int[] tables)
        {
            foreach (int t in tables)
                if (_rows[t] >= 1 << (16 - tagBits)) return 4;
            return 2;
        }

        int Heap(int at) => _stringHeap + (_stringIndex == 4 ? Int(at) : Short(at));
        int Short(int at) => BitConverter.ToUInt16(Bytes, at);
        int Int(int at) => BitConverter.ToInt32(Bytes, at);
        string Text(int at) => Encoding.UTF8.GetString(Bytes, at, Array.IndexOf(Bytes, (byte)0, at) - at);
    }
}
