using System.Globalization;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Weights.Onnx;

/// <summary>Reads the description of a tensor, without its data if they are large.</summary>
internal sealed class OnnxTensorParser(MappedFile file, Func<string, MappedFile> external)
{
    private const int MostListed = 1 << 22;

    /// <summary>The tensor that a message describes (TensorProto of onnx.proto3).</summary>
    public OnnxTensor Parse(ProtoReader message)
    {
        string name = "";
        long type = 0;
        bool isExternal = false;
        List<long> shape = [], listed = [];
        List<(long Begin, long Length)> raw = [];
        Dictionary<string, string> place = [];
        while (message.Next())
            switch (message.Field)
            {
                case 1: shape.AddRange(message.Numbers().Take(33)); break;
                case 2: type = message.Number; break;
                case 4 or 9 or 10: raw.Add((message.Begin, message.Length)); break; // packed floats and doubles are stored as in memory
                case 5 or 7: listed.AddRange(message.Numbers().Take(MostListed + 1 - listed.Count)); break;
                case 8: name = message.Text(); break;
                case 13:
                    (string key, string value) = Pair(message.Message());
                    place[key] = value;
                    break;
                case 14: isExternal = message.Number == 1; break;
            }
        if (!TensorInfo.IsPossible([.. shape])) throw new WeightsFormatException(file.Path, $"tensor '{name}' has an invalid shape.");
        if (TypeOf(type) is not { } element)
            throw new WeightsFormatException(file.Path, $"tensor '{name}' has ONNX element type {type}, which is not supported: it is not numeric.");
        if (isExternal) return External(name, element, [.. shape], place);
        if (listed.Count > 0 || (raw.Count == 0 && shape.Contains(0)))
            return OnnxTensor.Listed(name, element, [.. shape], [.. listed], file.Path);
        if (raw.Count != 1)
            throw new WeightsFormatException(file.Path, $"tensor '{name}' has {(raw.Count == 0 ? "no data" : "its data in pieces")}.");
        return OnnxTensor.Raw(name, element, [.. shape], file, raw[0].Begin, raw[0].Length);
    }

    public static (string Key, string Value) Pair(ProtoReader message)
    {
        (string key, string value) = ("", "");
        while (message.Next())
            if (message.Field == 1) key = message.Text();
            else if (message.Field == 2) value = message.Text();
        return (key, value);
    }

    private OnnxTensor External(string name, ElementType type, long[] shape, Dictionary<string, string> place)
    {
        MappedFile data = external(place.GetValueOrDefault("location", ""));
        long begin = Whole("offset", 0), length = Whole("length", data.Length - begin);
        if (begin < 0 || length < 0 || begin > data.Length - length)
            throw new WeightsFormatException(file.Path, $"the data of tensor '{name}' extend beyond the end of '{data.Path}' ({data.Length} bytes).");
        return OnnxTensor.Raw(name, type, shape, data, begin, length);

        long Whole(string key, long otherwise) => !place.TryGetValue(key, out string? text) ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw new WeightsFormatException(file.Path, $"tensor '{name}' has an invalid location in '{data.Path}'.");
    }

    private static ElementType? TypeOf(long type) => (type switch
    {
        1 => ScalarType.Float32,
        2 => ScalarType.Byte,
        3 => ScalarType.Int8,
        5 => ScalarType.Int16,
        6 => ScalarType.Int32,
        7 => ScalarType.Int64,
        9 => ScalarType.Bool,
        10 => ScalarType.Float16,
        11 => ScalarType.Float64,
        16 => ScalarType.BFloat16,
        _ => (ScalarType?)null,
    }) is { } known ? ElementType.Of(known) : null;
}
