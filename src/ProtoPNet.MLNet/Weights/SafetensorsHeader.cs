using System.Buffers.Binary;
using System.Text.Json;

namespace ProtoPNet.MLNet.Weights;

/// <summary>
/// The header of the safetensors format: eight bytes with its length, a JSON object of names, types, shapes and
/// offsets, then the tensor data, without overlaps or gaps.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longer headers are rejected, as in the reference implementation.</summary>
    public const long MaxLength = 100_000_000;

    private const string MetadataKey = "__metadata__";

    private SafetensorsHeader(IReadOnlyList<Entry> entries, IReadOnlyDictionary<string, string> metadata, long dataLength)
        => (Entries, Metadata, DataLength) = (entries, metadata, dataLength);

    /// <summary>A tensor and its offsets, relative to the first byte after the header.</summary>
    public readonly record struct Entry(TensorInfo Info, long Begin, long End);

    /// <summary>The entries, ordered by offset.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The total number of bytes of all tensors.</summary>
    public long DataLength { get; }

    /// <summary>The length of the JSON, from the file's first eight bytes.</summary>
    public static int Length(ReadOnlySpan<byte> first, string path)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(first);
        return length is >= 2 and <= (ulong)MaxLength
            ? (int)length
            : throw new WeightsFormatException(path, $"its safetensors header claims {length} bytes; between 2 and {MaxLength} are allowed.");
    }

    /// <summary>Reads and checks the JSON.</summary>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, string path)
    {
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name)) throw new WeightsFormatException(path, $"its safetensors header names '{property.Name}' twice.");
                if (property.Name != MetadataKey) entries.Add(ParseEntry(property, path));
                else foreach (JsonProperty text in property.Value.EnumerateObject()) metadata[text.Name] = text.Value.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw new WeightsFormatException(path, $"its safetensors header violates the format: {e.Message}", e);
        }

        Entry[] ordered = [.. entries.OrderBy(e => e.Begin).ThenBy(e => e.End)];
        long end = 0;
        foreach (Entry entry in ordered)
        {
            if (entry.Begin != end)
                throw new WeightsFormatException(path, $"the data of '{entry.Info.Name}' begin at byte {entry.Begin} instead of {end}: "
                    + "tensors must neither overlap nor leave gaps.");
            end = entry.End;
        }
        return new SafetensorsHeader(ordered, metadata, end);
    }

    private static Entry ParseEntry(JsonProperty property, string path)
    {
        string typeName = property.Value.GetProperty("dtype").GetString() ?? "";
        ElementType type = ElementType.All.FirstOrDefault(t => t.Safetensors == typeName)
            ?? throw new WeightsFormatException(path, $"tensor '{property.Name}' has the element type '{typeName}', which is not supported.");
        long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
        long[] place = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(d => d.GetInt64())];
        if (!TensorInfo.IsPossible(shape)) throw new WeightsFormatException(path, $"tensor '{property.Name}' has an invalid shape.");
        if (place.Length != 2 || place[0] < 0 || place[1] < place[0])
            throw new WeightsFormatException(path, $"tensor '{property.Name}' has invalid offsets.");
        var info = new TensorInfo(property.Name, type.Type, shape);
        return checked(info.Elements * type.Size) == place[1] - place[0]
            ? new Entry(info, place[0], place[1])
            : throw new WeightsFormatException(
                path, $"tensor '{property.Name}' ({typeName} [{string.Join(" × ", shape)}]) has {place[1] - place[0]} bytes of data.");
    }

    /// <summary>The header for these tensors, length included, padded with spaces so that the data begin at a multiple of eight.</summary>
    public static byte[] Format(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long end = 0;
            foreach (TensorInfo tensor in tensors)
            {
                ElementType type = TypeOf(tensor);
                long begin = end;
                end += tensor.Elements * type.Size;
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", type.Safetensors);
                WriteArray(json, "shape", tensor.Shape);
                WriteArray(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        byte[] bytes = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - sizeof(ulong)));
        return bytes;
    }

    /// <summary>The bytes per element: data are ordered from large to small, so that each tensor is aligned.</summary>
    public static int ElementSize(TensorInfo tensor) => TypeOf(tensor).Size;

    private static ElementType TypeOf(TensorInfo tensor)
        => ElementType.Of(tensor.Type) is { Safetensors: not null } type
            ? type
            : throw new NotSupportedException($"safetensors has no element type for {tensor}.");

    private static void WriteArray(Utf8JsonWriter json, string name, long[] values)
    {
        json.WriteStartArray(name);
        foreach (long value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
