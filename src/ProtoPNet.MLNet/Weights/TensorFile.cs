using TorchSharp;

namespace ProtoPNet.MLNet.Weights;

/// <summary>A file of named tensors. Opening reads and checks its table of contents; tensor data are read when loaded.</summary>
internal abstract class TensorFile : IDisposable
{
    private readonly Dictionary<string, TensorInfo> _byName;

    protected TensorFile(string path, IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (Path, Tensors, Metadata) = (path, tensors, metadata);
        _byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    public string Path { get; }

    /// <summary>All tensors, in file order.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Free-form metadata; empty for formats without it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    public bool Contains(string name) => _byName.ContainsKey(name);

    public TensorInfo Info(string name)
        => _byName.TryGetValue(name, out TensorInfo? info) ? info : throw new KeyNotFoundException($"There is no tensor '{name}' in '{Path}'.");

    /// <summary>A new, contiguous CPU tensor of the type in the file. The caller disposes of it.</summary>
    public torch.Tensor Load(string name) => Load(Info(name));

    protected abstract torch.Tensor Load(TensorInfo info);

    public abstract void Dispose();
}
