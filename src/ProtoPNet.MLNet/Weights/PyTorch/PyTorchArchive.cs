namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>A file written by <c>torch.save</c>: the saved value, and the location of each storage in the file.</summary>
internal sealed record PyTorchArchive(object? Root, IReadOnlyDictionary<string, StoredBytes> Storages)
{
    private const long LongestPickle = 64 << 20;

    /// <summary>The zip format of PyTorch 1.6 and later.</summary>
    public static PyTorchArchive ReadZip(MappedFile file)
    {
        var zip = new ZipDirectory(file);
        string pickleName = zip.Names.FirstOrDefault(n => n == "data.pkl" || n.EndsWith("/data.pkl", StringComparison.Ordinal))
            ?? throw new WeightsFormatException(file.Path, "it is a zip file, but not from PyTorch: it has no entry 'data.pkl'.");
        string folder = pickleName[..^"data.pkl".Length];
        if (zip.Names.Any(n => n.StartsWith(folder + "code/", StringComparison.Ordinal)))
            throw new WeightsFormatException(
                file.Path, "it is a TorchScript program, not weights. Save the state dict: torch.save(model.state_dict(), ...).");
        if (zip.Find(folder + "byteorder") is { Length: 3 } order && order.ReadAll().AsSpan().SequenceEqual("big"u8))
            throw new WeightsFormatException(file.Path, "it was written on a big-endian machine, which is not supported.");

        StoredBytes pickle = zip.Find(pickleName)!;
        if (pickle.Length > LongestPickle)
            throw new WeightsFormatException(file.Path, $"its pickle has {pickle.Length} bytes; {LongestPickle} are allowed.");
        if (pickle.Packed is not null) pickle = new(new(file.Path, pickle.ReadAll()), 0, pickle.Length);
        var storages = new Dictionary<string, StoredBytes>(StringComparer.Ordinal);
        object? root = new PickleMachine(new PickleCursor(pickle.File, pickle.Begin, pickle.Begin + pickle.Length), id =>
        {
            PickleStorage storage = Storage(id, file.Path);
            if (!storages.TryGetValue(storage.Key, out StoredBytes? place))
            {
                storages[storage.Key] = place = zip.Find($"{folder}data/{storage.Key}")
                    ?? throw new WeightsFormatException(file.Path, $"the data of storage '{storage.Key}' are missing.");
            }
            return CheckSize(storage, place.Length, file.Path);
        }).Run();
        return new PyTorchArchive(root, storages);
    }

    /// <summary>
    /// The older format: pickles of a magic number, the protocol, the machine, the value and the storage keys, then the storages.
    /// </summary>
    public static PyTorchArchive ReadLegacy(MappedFile file)
    {
        var cursor = new PickleCursor(file, 0, file.Length);
        var seen = new Dictionary<string, PickleStorage>(StringComparer.Ordinal);
        Pickle(); // the magic number, already checked
        if (Pickle() is not 1001L) throw new WeightsFormatException(file.Path, "its version is unknown.");
        if (Pickle() is PickleDictionary system && system["little_endian"] is false)
            throw new WeightsFormatException(file.Path, "it was written on a big-endian machine, which is not supported.");
        object? root = new PickleMachine(cursor, id =>
        {
            if (id.Items is ["module", PickleGlobal type, ..]) return type; // a class with its source code
            PickleStorage storage = Storage(id, file.Path), known = seen.GetValueOrDefault(storage.Key, storage);
            if (known.Type != storage.Type) throw new WeightsFormatException(file.Path, $"storage '{storage.Key}' has two element types.");
            seen[storage.Key] = known with { First = 0, Elements = Math.Max(known.Elements, storage.First + storage.Elements) };
            return storage;
        }).Run();
        if (Pickle() is not List<object?> keys) throw new WeightsFormatException(file.Path, "the list of its storages is missing.");

        var storages = new Dictionary<string, StoredBytes>(StringComparer.Ordinal);
        long position = cursor.Position;
        foreach (object? item in keys)
        {
            if (item is not string key || !seen.TryGetValue(key, out PickleStorage? storage))
                throw new WeightsFormatException(file.Path, "it lists a storage that no tensor uses.");
            long elements = BitConverter.ToInt64(file.Read(position, sizeof(long)));
            position += sizeof(long);
            if (elements < 0 || elements > (file.Length - position) / storage.Type.Size)
                throw new WeightsFormatException(file.Path, $"it ends within storage '{key}': it is truncated or damaged.");
            storages[key] = new(file, position, elements * storage.Type.Size);
            CheckSize(storage, storages[key].Length, file.Path);
            position += storages[key].Length;
        }
        return seen.Keys.FirstOrDefault(k => !storages.ContainsKey(k)) is { } missing
            ? throw new WeightsFormatException(file.Path, $"the data of storage '{missing}' are missing.")
            : new PyTorchArchive(root, storages);

        object? Pickle() => new PickleMachine(cursor, _ => throw new WeightsFormatException(file.Path, "its header refers to tensors.")).Run();
    }

    private static PickleStorage Storage(PickleTuple id, string path)
    {
        if (id.Items is not ["storage", PickleGlobal type, string key, _, long elements, ..] || elements < 0)
            throw new WeightsFormatException(path, "it refers to something that is not a tensor storage.");
        ElementType scalar = AllowedCalls.StorageType(type, path);
        if (elements > long.MaxValue / 16) throw new WeightsFormatException(path, $"storage '{key}' claims {elements} elements.");
        if (id.Items is not [.., PickleTuple { Items: [_, long first, long count] }]) return new PickleStorage(key, scalar, 0, elements);
        return first >= 0 && count >= 0 && first <= elements - count // an old view of a storage
            ? new PickleStorage(key, scalar, first, count)
            : throw new WeightsFormatException(path, $"a view of storage '{key}' extends beyond it.");
    }

    private static PickleStorage CheckSize(PickleStorage storage, long bytes, string path)
        => (storage.First + storage.Elements) * storage.Type.Size <= bytes
            ? storage
            : throw new WeightsFormatException(
                path, $"storage '{storage.Key}' has {bytes} bytes, too few for {storage.Elements} elements of {storage.Type.PyTorch}.");
}
