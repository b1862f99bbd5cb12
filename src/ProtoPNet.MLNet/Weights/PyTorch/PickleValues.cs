namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>A dictionary, ordered or not, in order of insertion; a repeated key replaces the earlier value.</summary>
internal sealed class PickleDictionary
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly List<(string Key, object? Value)> _items = [];

    /// <summary>The items with text keys. Others do not name tensors and are dropped.</summary>
    public IReadOnlyList<(string Key, object? Value)> Items => _items;

    public object? this[string key] => _positions.TryGetValue(key, out int position) ? _items[position].Value : null;

    public void Set(object? key, object? value)
    {
        if (key is not string name) return;
        if (_positions.TryAdd(name, _items.Count)) _items.Add((name, value));
        else _items[_positions[name]] = (name, value);
    }
}

/// <summary>An immutable sequence.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>The name of a class or function. It is never looked up or called.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object of any class, as an inert tree of its attributes.</summary>
internal sealed class PickleObject(PickleGlobal type)
{
    public PickleGlobal Type { get; } = type;

    public PickleDictionary Attributes { get; } = new();
}

/// <summary>A known, harmless value that is ignored, such as a device, a path or a NumPy number.</summary>
internal sealed record PickleOpaque(string Kind);

/// <summary>
/// A block of memory that tensors are views of: <paramref name="Elements"/> elements, from element <paramref name="First"/> of the stored
/// <paramref name="Key"/>.
/// </summary>
internal sealed record PickleStorage(string Key, ElementType Type, long First, long Elements);

/// <summary>A tensor: a strided view of a storage.</summary>
internal sealed record PickleTensor(PickleStorage Storage, ElementType Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Whether its elements are in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected) return false;
                expected *= Math.Max(Shape[i], 1);
            }
            return true;
        }
    }
}
