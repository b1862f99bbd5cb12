using ProtoPNet.MLNet.Weights.PyTorch;

namespace ProtoPNet.MLNet.Weights;

/// <summary>Opens files of named tensors in any supported format.</summary>
internal static class TensorFiles
{
    /// <summary>Opens a file in any known format, detected from its first bytes.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="WeightsFormatException">It is damaged, or of no known format.</exception>
    public static TensorFile Open(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        return Open(new MappedFile(path));
    }

    /// <summary>The same for an open file; takes ownership, and closes it if it cannot be read.</summary>
    public static TensorFile Open(MappedFile file)
    {
        try
        {
            return Recognise(file) switch
            {
                Format.Safetensors => new SafetensorsFile(file),
                Format.PyTorchZip => new PyTorchFile(file, PyTorchArchive.ReadZip(file)),
                Format.PyTorchLegacy => new PyTorchFile(file, PyTorchArchive.ReadLegacy(file)),
                Format.TorchSharp => new TorchSharpFile(file),
                var other => throw new WeightsFormatException(file.Path, Advice(other)),
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Format Recognise(MappedFile file)
    {
        ReadOnlySpan<byte> start = file.Read(0, (int)Math.Min(file.Length, 64));
        if (start.StartsWith("PK"u8)) return Format.PyTorchZip;
        if (start.StartsWith(s_legacyMagic)) return Format.PyTorchLegacy;
        if (start.Length > 8 && start[8] == '{') return Format.Safetensors;
        if (start.StartsWith("version https://git-lfs"u8)) return Format.LargeFilePointer;
        if (TorchSharpFile.Begins(file)) return Format.TorchSharp;
        if (start.TrimStart(" \t\r\n"u8) is [(byte)'<', ..]) return Format.WebPage;
        return start is [0x80, <= 5, ..] ? Format.OtherPickle : Format.Unknown;
    }

    private static string Advice(Format format) => format switch
    {
        Format.LargeFilePointer => "it is only a Git LFS pointer: run 'git lfs pull'.",
        Format.WebPage => "it is a web page: the download fetched a page about the file instead of the file.",
        Format.OtherPickle => "it is a pickle, but not from torch.save. Save the weights with torch.save(model.state_dict(), ...).",
        _ => "it is neither a safetensors file nor one from PyTorch's torch.save or TorchSharp's module.save.",
    };

    private enum Format { Unknown, Safetensors, PyTorchZip, PyTorchLegacy, TorchSharp, LargeFilePointer, WebPage, OtherPickle }

    /// <summary>The pickled number 0x1950a86a20f9469cfc6c.</summary>
    private static ReadOnlySpan<byte> s_legacyMagic
        => [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];
}
