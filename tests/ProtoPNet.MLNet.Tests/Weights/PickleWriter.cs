using System.IO.Compression;
using System.Text;

namespace ProtoPNet.MLNet.Tests.Weights;

/// <summary>Writes what <c>torch.save</c> would: a pickle of protocol 2 and storages in a zip. Only what the tests need.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _pickle = [];
    private readonly List<(string Key, Action<Stream> Write)> _storages = [];

    public PickleWriter() => Raw(0x80, 2);

    public PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _pickle.AddRange(bytes);
        return this;
    }

    public PickleWriter Op(char code) => Raw((byte)code);

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').Raw(BitConverter.GetBytes(utf8.Length)).Raw(utf8);
    }

    public PickleWriter Number(long value) => Raw(0x8a, 8).Raw(BitConverter.GetBytes(value));

    public PickleWriter Global(string module, string name) => Op('c').Raw(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));

    public PickleWriter Tuple(params ReadOnlySpan<long> numbers)
    {
        Op('(');
        foreach (long number in numbers) Number(number);
        return Op('t');
    }

    /// <summary>A float32 tensor in its own storage.</summary>
    public PickleWriter Tensor(long[] shape, long[] strides, long stored, Action<Stream> write)
    {
        string key = $"{_storages.Count}";
        _storages.Add((key, write));
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Op('(').Text("storage").Global("torch", "FloatStorage")
            .Text(key).Text("cpu").Number(stored).Op('t').Op('Q');
        return Number(0).Tuple(shape).Tuple(strides).Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
    }

    public PickleWriter Tensor(long[] shape, Action<Stream>? write = null)
    {
        long count = shape.Aggregate(1L, (n, d) => n * d);
        long[] strides = new long[shape.Length];
        for (int i = shape.Length - 1, step = 1; i >= 0; step *= (int)shape[i--]) strides[i] = step;
        return Tensor(shape, strides, count, write ?? (s => s.Write(new byte[4 * count])));
    }

    /// <summary>A dictionary of such tensors.</summary>
    public PickleWriter StateDict(IEnumerable<(string Name, long[] Shape, Action<Stream>? Write)> tensors)
    {
        Op('}').Op('(');
        foreach ((string name, long[] shape, Action<Stream>? write) in tensors) Text(name).Tensor(shape, write);
        return Op('u');
    }

    public void Save(string path, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        Op('.');
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using (Stream pickle = zip.CreateEntry("archive/data.pkl", compression).Open()) pickle.Write(_pickle.ToArray());
        foreach ((string key, Action<Stream> write) in _storages)
        {
            using Stream storage = zip.CreateEntry($"archive/data/{key}", compression).Open();
            write(storage);
        }
    }
}
