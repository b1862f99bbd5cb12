using System.Security.Cryptography;
using System.Text;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>A safetensors file with a description and a digest of its contents in its header.</summary>
internal sealed class CheckpointFile : IDisposable
{
    private const string DescriptionKey = "checkpoint", DigestKey = "sha256";

    private readonly TensorFile _file;

    private CheckpointFile(TensorFile file, CheckpointDescription description) => (_file, Description) = (file, description);

    public string Path => _file.Path;

    public CheckpointDescription Description { get; }

    public IReadOnlyList<TensorInfo> Tensors => _file.Tensors;

    /// <summary>
    /// Writes a checkpoint atomically: the file under that name is always complete, the new one or the previous one.
    /// </summary>
    /// <exception cref="IOException">The folder is not writable, or the disk is full.</exception>
    public static void Write(string path, CheckpointDescription description, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        string json = CheckpointJson.Write(description);
        Dictionary<string, Tensor> byName = tensors.ToDictionary(t => t.Name, t => t.Tensor);
        Dictionary<string, string> metadata = new() { [DescriptionKey] = json, [DigestKey] = Digest(json, byName.Keys, name => byName[name]) };
        Safetensors.Write(path, tensors, metadata);
    }

    /// <summary>Opens a checkpoint and reads its description; tensors are read on request.</summary>
    /// <exception cref="CheckpointException">It is damaged, or of a format that this version does not read.</exception>
    public static CheckpointFile Open(string path)
    {
        TensorFile? file = null;
        try
        {
            file = TensorFiles.Open(path);
            return new(file, CheckpointJson.Read(Text(file, DescriptionKey)));
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is WeightsFormatException or FormatException)
                throw new CheckpointException(path, e is WeightsFormatException w ? w.Reason : e.Message, e);
            throw;
        }
    }

    /// <summary>Reads the whole file and compares its digest.</summary>
    /// <exception cref="CheckpointException">The contents have changed since they were written.</exception>
    public void Verify()
    {
        string digest = Digest(Text(_file, DescriptionKey), _file.Tensors.Select(t => t.Name), Load);
        if (!_file.Metadata.TryGetValue(DigestKey, out string? written) || digest != written)
            throw Damaged("its contents have changed since it was written.");
    }

    public bool Has(string name) => _file.Tensors.Any(t => t.Name == name);

    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public Tensor Load(string name)
    {
        if (!Has(name)) throw Damaged($"the tensor '{name}' is missing.");
        try
        {
            return _file.Load(name);
        }
        catch (WeightsFormatException e)
        {
            throw new CheckpointException(Path, e.Reason, e);
        }
    }

    /// <summary>The elements of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its type or length is wrong.</exception>
    public T[] Numbers<T>(string name, int? count = null) where T : unmanaged
    {
        using var scope = NewDisposeScope();
        Tensor tensor = Load(name);
        if (tensor.dtype != ElementTypeOf<T>() || (count is { } expected && tensor.numel() != expected))
            throw Damaged($"the tensor '{name}' has the wrong shape.");
        return tensor.data<T>().ToArray();
    }

    public CheckpointException Damaged(string reason) => new(Path, reason);

    public void Dispose() => _file.Dispose();

    private static ScalarType ElementTypeOf<T>() => typeof(T) == typeof(float) ? ScalarType.Float32
        : typeof(T) == typeof(double) ? ScalarType.Float64
        : typeof(T) == typeof(long) ? ScalarType.Int64
        : ScalarType.Byte;

    private static string Text(TensorFile file, string key)
        => file.Metadata.TryGetValue(key, out string? text)
            ? text
            : throw new WeightsFormatException(file.Path, $"it has no entry '{key}': it is not a checkpoint.");

    private static string Digest(string json, IEnumerable<string> names, Func<string, Tensor> tensor)
    {
        using var hash = SHA256.Create();
        using var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write);
        stream.Write(Encoding.UTF8.GetBytes(json));
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            Tensor one = tensor(name);
            stream.Write(Encoding.UTF8.GetBytes($"{name} {one.dtype} {string.Join('×', one.shape)}\n"));
            TensorBytes.Write(one, stream);
        }
        stream.FlushFinalBlock();
        return Convert.ToHexStringLower(hash.Hash!);
    }
}
