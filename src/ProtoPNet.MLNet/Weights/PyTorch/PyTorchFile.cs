using TorchSharp;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>A file written by <c>torch.save</c>, read without Python and without executing anything in it.</summary>
internal sealed class PyTorchFile : TensorFile
{
    private readonly MappedFile _file;
    private readonly PyTorchArchive _archive;
    private readonly Dictionary<string, PickleTensor> _tensors;

    /// <summary>Reads the table of contents of <paramref name="file"/> and, if valid, takes ownership of the file.</summary>
    public PyTorchFile(MappedFile file, PyTorchArchive archive) : this(file, archive, TensorTree.Flatten(archive.Root, file.Path)) { }

    private PyTorchFile(MappedFile file, PyTorchArchive archive, IReadOnlyList<(string Name, PickleTensor Tensor)> tensors)
        : base(file.Path, [.. tensors.Select(t => new TensorInfo(t.Name, t.Tensor.Type.Type, t.Tensor.Shape))], new Dictionary<string, string>())
        => (_file, _archive, _tensors) = (file, archive, tensors.ToDictionary(t => t.Name, t => t.Tensor, StringComparer.Ordinal));

    protected override torch.Tensor Load(TensorInfo info)
    {
        PickleTensor tensor = _tensors[info.Name];
        PickleStorage storage = tensor.Storage;
        long begin = storage.First * storage.Type.Size + tensor.Offset * tensor.Type.Size;
        if (tensor.IsContiguous || tensor.Shape.Contains(0)) return Read(tensor.Shape);

        long span = 1;
        for (int i = 0; i < tensor.Shape.Length; i++) span += (tensor.Shape[i] - 1) * tensor.Strides[i];
        using torch.Tensor elements = Read([span]);
        using torch.Tensor view = elements.as_strided(tensor.Shape, tensor.Strides, 0);
        return view.contiguous().MoveToOuterDisposeScope();

        torch.Tensor Read(long[] shape) => _archive.Storages[storage.Key].Read(begin, read => TensorBytes.Create(shape, info.Type, read));
    }

    public override void Dispose() => _file.Dispose();
}
