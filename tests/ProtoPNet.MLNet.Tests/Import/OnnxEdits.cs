using Google.Protobuf;

namespace ProtoPNet.MLNet.Tests.Import;

/// <summary>Edits ONNX files field by field, for tests.</summary>
internal static class OnnxEdits
{
    private const int Graph = 7, GraphInput = 11, GraphOutput = 12;

    /// <summary>The model with a single output, a float map of unknown shape, and another image size (0: unchanged).</summary>
    public static byte[] WithOutput(byte[] model, string output, int size)
        => Rewrite(model, (field, bytes) => field != Graph ? bytes : Rewrite(bytes, (inner, part) => inner switch
        {
            GraphOutput => Message((1, Text(output)), (2, Message((1, Message((1, null, 1)))))),
            GraphInput when size > 0 => Resize(part, size),
            _ => part,
        }));

    /// <summary>Sets rows and columns in a description of the input.</summary>
    private static byte[] Resize(byte[] value, int size)
    {
        int dimension = 0;
        return Rewrite(value, (f, type) => f != 2 ? type : Rewrite(type, (g, tensor) => g != 1 ? tensor : Rewrite(tensor, (h, shape) => h != 2 ? shape
            : Rewrite(shape, (_, d) => dimension++ < 2 ? d : Message((1, null, size))))));
    }

    /// <summary>Passes each length-delimited field through a function; the others are kept.</summary>
    public static byte[] Rewrite(byte[] message, Func<int, byte[], byte[]> change)
    {
        var input = new CodedInputStream(message);
        var result = new MemoryStream();
        using (var output = new CodedOutputStream(result, leaveOpen: true))
            while (input.ReadTag() is > 0 and uint tag)
            {
                output.WriteTag(tag);
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.Varint: output.WriteUInt64(input.ReadUInt64()); break;
                    case WireFormat.WireType.Fixed32: output.WriteFixed32(input.ReadFixed32()); break;
                    case WireFormat.WireType.Fixed64: output.WriteFixed64(input.ReadFixed64()); break;
                    default:
                        output.WriteBytes(ByteString.CopyFrom(change(WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray())));
                        break;
                }
            }
        return result.ToArray();
    }

    public static byte[] Message(params (int Field, byte[]? Bytes, long Number)[] fields)
    {
        var result = new MemoryStream();
        using (var output = new CodedOutputStream(result, leaveOpen: true))
            foreach ((int field, byte[]? bytes, long number) in fields)
            {
                output.WriteTag(field, bytes is null ? WireFormat.WireType.Varint : WireFormat.WireType.LengthDelimited);
                if (bytes is null) output.WriteInt64(number);
                else output.WriteBytes(ByteString.CopyFrom(bytes));
            }
        return result.ToArray();
    }

    public static byte[] Message(params (int Field, byte[] Bytes)[] fields) => Message([.. fields.Select(f => (f.Field, (byte[]?)f.Bytes, 0L))]);

    public static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
