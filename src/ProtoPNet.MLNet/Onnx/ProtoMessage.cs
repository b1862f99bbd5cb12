using Google.Protobuf;

namespace ProtoPNet.MLNet.Onnx;

/// <summary>The bytes of a small protobuf message, written field by field. Field numbers are those of onnx.proto3.</summary>
internal sealed class ProtoMessage
{
    private readonly List<byte> _bytes = [];

    public ProtoMessage Number(int field, long value) => Append(field, WireFormat.WireType.Varint, output => output.WriteInt64(value));

    public ProtoMessage Single(int field, float value) => Append(field, WireFormat.WireType.Fixed32, output => output.WriteFloat(value));

    public ProtoMessage Text(int field, string value) => Append(field, WireFormat.WireType.LengthDelimited, output => output.WriteString(value));

    public ProtoMessage Message(int field, ProtoMessage value)
    {
        Announce(field, value._bytes.Count)._bytes.AddRange(value._bytes);
        return this;
    }

    /// <summary>Writes the head of a field whose <paramref name="length"/> bytes follow later.</summary>
    public ProtoMessage Announce(int field, long length)
        => Append(field, WireFormat.WireType.LengthDelimited, output => output.WriteLength(checked((int)length)));

    public ProtoMessage Each<T>(IEnumerable<T> items, Action<ProtoMessage, T> write)
    {
        foreach (T item in items) write(this, item);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    private ProtoMessage Append(int field, WireFormat.WireType type, Action<CodedOutputStream> write)
    {
        var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, 64))
        {
            output.WriteTag(field, type);
            write(output);
        }
        _bytes.AddRange(bytes.ToArray());
        return this;
    }
}
