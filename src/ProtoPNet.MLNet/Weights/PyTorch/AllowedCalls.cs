using System.Numerics;
using System.Text;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>
/// The only calls that a pickle can make: each is a short function here that builds a value. Objects of other classes become inert
/// trees of their attributes; all other calls are rejected by name.
/// </summary>
internal static class AllowedCalls
{
    /// <summary>
    /// Python modules that weight files have no legitimate use for. They could not run anyway; naming one is rejected at once.
    /// </summary>
    private static readonly HashSet<string> s_suspicious =
    [
        "os", "posix", "nt", "sys", "subprocess", "builtins", "importlib", "runpy", "pty", "socket", "shutil", "ctypes", "pickle", "marshal", "code",
        "codeop", "commands", "webbrowser", "operator", "functools", "asyncio", "multiprocessing", "threading", "types", "inspect", "platform",
        "urllib", "http", "requests", "tempfile", "glob", "io", "pdb", "bdb", "timeit", "cProfile", "profile", "trace", "site", "ensurepip", "pip",
    ];

    /// <summary>A class or function by name, unless the name alone is reason to reject the file.</summary>
    public static PickleGlobal Name(string module, string name, string path)
    {
        module = module switch { "__builtin__" => "builtins", "copy_reg" => "copyreg", _ => module };
        bool harmless = (module, name) is ("builtins", "set" or "frozenset" or "list" or "tuple" or "dict" or "object" or "complex"
            or "bytearray" or "slice" or "range" or "int" or "float" or "str" or "bool" or "bytes");
        return harmless || !s_suspicious.Contains(module.Split('.')[0]) ? new(module, name) : throw Refused(path, $"{module}.{name}");
    }

    /// <summary>The element type of a storage class such as <c>torch.FloatStorage</c>.</summary>
    public static ElementType StorageType(PickleGlobal type, string path)
        => ElementType.All.FirstOrDefault(t => type.Module is "torch" or "torch.cuda" or "torch.storage" && t.PyTorchStorage == Stored(type.Name))
            ?? throw new WeightsFormatException(path, $"it stores tensors as '{type}', which is not supported.");

    /// <summary>The result of a function call.</summary>
    public static object? Call(PickleGlobal function, object?[] arguments, string path) => (function.ToString(), arguments) switch
    {
        ("torch._utils._rebuild_tensor"
            or "torch._utils._rebuild_tensor_v2", [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, ..])
            => Tensor(storage, storage.Type, offset, shape, strides, arguments.ElementAtOrDefault(6), path),
        ("torch._utils._rebuild_tensor_v3", [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, _, _, PickleGlobal type, ..])
            => Tensor(storage, NamedType(type, path), offset, shape, strides, arguments.ElementAtOrDefault(7), path),
        ("torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state", [PickleTensor tensor, ..]) => tensor,
        ("torch._tensor._rebuild_from_type_v2", [PickleGlobal { Module: "torch._utils" } rebuild, _, PickleTuple inner, ..])
            => Call(rebuild, inner.Items, path),
        ("collections.OrderedDict", [] or [PickleTuple { Items: [] }]) => new PickleDictionary(),
        ("collections.OrderedDict", [List<object?> pairs]) => FromPairs(pairs, path),
        ("collections.defaultdict" or "collections.Counter", _) => new PickleDictionary(),
        ("builtins.set" or "builtins.frozenset" or "builtins.list", []) => new List<object?>(),
        ("builtins.set" or "builtins.frozenset" or "builtins.list", [List<object?> items]) => items,
        ("builtins.tuple" or "torch.Size", [PickleTuple items]) => items,
        ("builtins.complex" or "builtins.slice" or "builtins.range" or "builtins.bytearray", _) => new PickleOpaque(function.Name),
        ("_codecs.encode", [string text, ..]) => Encoding.Latin1.GetBytes(text),
        ("copyreg._reconstructor", [PickleGlobal type, PickleGlobal { Module: "builtins", Name: "object" }, null]) => new PickleObject(type),
        ("torch.device" or "torch.serialization._get_layout" or "torch.nn.parameter.Parameter", _) => new PickleOpaque(function.Name),
        ("numpy.dtype" or "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar"
            or "numpy.core.multiarray._reconstruct" or "numpy._core.multiarray._reconstruct", _) => new PickleOpaque(function.Name),
        ("pathlib.PosixPath" or "pathlib.WindowsPath" or "pathlib.PurePosixPath" or "pathlib.PureWindowsPath"
            or "datetime.datetime" or "datetime.timedelta", _)
            => new PickleOpaque(function.Name),
        _ => throw Refused(path, function.ToString()),
    };

    /// <summary>A new object of a class; no constructor runs.</summary>
    public static object New(PickleGlobal type, object?[] arguments, string path) => (type.ToString(), arguments) switch
    {
        ("collections.OrderedDict" or "collections.defaultdict" or "collections.Counter", _) => new PickleDictionary(),
        (_, []) => new PickleObject(type),
        _ => throw Refused(path, type.ToString()),
    };

    /// <summary>Sets the attributes of an object.</summary>
    public static void SetState(object? target, object? state, PickleCursor cursor)
    {
        if (target is PickleDictionary or PickleTensor or PickleOpaque or List<object?>) return; // their attributes name no tensors
        if (target is not PickleObject inert) throw cursor.Broken("attributes are given to something that has none.");
        foreach (object? part in state is PickleTuple tuple ? tuple.Items : [state]) // tuple: ordinary attributes, then slots
        {
            if (part is PickleDictionary attributes) foreach ((string key, object? value) in attributes.Items) inert.Attributes.Set(key, value);
        }
    }

    private static PickleTensor Tensor(
        PickleStorage storage, ElementType type, long offset, PickleTuple shape, PickleTuple strides, object? metadata, string path)
    {
        if (metadata is PickleDictionary { Items.Count: > 0 })
            throw new WeightsFormatException(path, "it holds a conjugated or negated view, which is not supported.");
        long[] sizes = Numbers(shape), steps = Numbers(strides);
        long stored = storage.Elements * storage.Type.Size / type.Size;
        if (sizes.Length != steps.Length || !TensorInfo.IsPossible(sizes) || offset < 0 || steps.Any(s => s < 0))
            throw new WeightsFormatException(path, "it holds a tensor with an invalid shape.");
        BigInteger last = offset;
        for (int i = 0; i < sizes.Length; i++) last += (BigInteger)(sizes[i] - 1) * steps[i];
        if (!sizes.Contains(0) && last >= stored)
            throw new WeightsFormatException(path, $"a tensor refers to element {last} of a storage with {stored}.");
        // A broadcast view is small in the file but could be arbitrarily large.
        return sizes.Aggregate(1L, (n, d) => n * d) <= Math.Max(stored, 1 << 20)
            ? new PickleTensor(storage, type, offset, sizes, steps)
            : throw new WeightsFormatException(path, "a tensor has far more elements than the storage that it is a view of.");

        long[] Numbers(PickleTuple tuple) => [.. tuple.Items.Select(n
            => n as long? ?? throw new WeightsFormatException(path, "the shape of a tensor is not made of numbers."))];
    }

    private static ElementType NamedType(PickleGlobal type, string path)
        => ElementType.All.FirstOrDefault(t => type.Module == "torch" && t.PyTorch == type.Name)
            ?? throw new WeightsFormatException(path, $"it holds tensors of type '{type}', which is not supported.");

    /// <summary>Untyped storage is counted in bytes.</summary>
    private static string Stored(string storage) => storage == "UntypedStorage" ? "ByteStorage" : storage;

    private static PickleDictionary FromPairs(List<object?> pairs, string path)
    {
        var dictionary = new PickleDictionary();
        foreach (object? pair in pairs)
        {
            (object? key, object? value) = pair switch
            {
                PickleTuple { Items: [var k, var v] } => (k, v),
                List<object?> { Count: 2 } list => (list[0], list[1]),
                _ => throw new WeightsFormatException(path, "it fills a dictionary with something other than pairs."),
            };
            dictionary.Set(key, value);
        }
        return dictionary;
    }

    private static WeightsFormatException Refused(string path, string name)
        => new(path, $"it asks Python to call '{name}', which weights do not need. Nothing was executed. "
            + "If you trust its author, save only the state dict: torch.save(model.state_dict(), ...).");
}
