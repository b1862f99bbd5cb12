namespace ProtoPNet.MLNet.Weights.Onnx;

/// <summary>An ONNX file on disk with its external weight files; kept open while tensors are read.</summary>
internal sealed class OnnxModelFile : IDisposable
{
    private const int MostNodes = 100_000, MostTensors = 100_000, MostValues = 1000, MostListed = 100_000;

    private readonly MappedFile _file;
    private readonly Dictionary<string, MappedFile> _external = new(StringComparer.Ordinal);
    private readonly OnnxTensorParser _tensors;

    /// <summary>Opens and reads the file, without the weights.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="WeightsFormatException">It is damaged or not ONNX.</exception>
    public OnnxModelFile(string path)
        : this(File.Exists(path) ? new MappedFile(path) : throw new FileNotFoundException($"There is no ONNX file '{path}'.", path))
    {
    }

    /// <summary>The same for an open file; takes ownership, and closes it if it cannot be read.</summary>
    public OnnxModelFile(MappedFile file)
    {
        _file = file;
        _tensors = new(file, External);
        try
        {
            Model = ParseModel(new ProtoReader(file));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OnnxModel Model { get; }

    public void Dispose()
    {
        _file.Dispose();
        foreach (MappedFile file in _external.Values) file.Dispose();
    }

    private OnnxModel ParseModel(ProtoReader message)
    {
        ProtoReader? graph = null;
        long opset = 0;
        Dictionary<string, string> metadata = [];
        while (message.Next())
            switch (message.Field)
            {
                case 7: graph = message.Message(); break;
                case 8:
                    (string domain, long version) = Opset(message.Message());
                    if (domain is "" or "ai.onnx") opset = version;
                    break;
                case 14:
                    (string key, string value) = OnnxTensorParser.Pair(message.Message());
                    metadata[key] = value;
                    break;
            }
        if (graph is null) throw new WeightsFormatException(_file.Path, "it contains no graph: it is not a model in the ONNX format.");
        return ParseGraph(graph, opset, metadata);
    }

    private OnnxModel ParseGraph(ProtoReader graph, long opset, Dictionary<string, string> metadata)
    {
        List<OnnxNode> nodes = [];
        Dictionary<string, OnnxTensor> initialisers = new(StringComparer.Ordinal);
        List<OnnxValue> inputs = [], outputs = [];
        while (graph.Next())
            switch (graph.Field)
            {
                case 1: Limited(nodes, MostNodes, "nodes").Add(ParseNode(graph.Message())); break;
                case 5:
                    OnnxTensor tensor = _tensors.Parse(graph.Message());
                    initialisers[tensor.Name] = initialisers.Count < MostTensors ? tensor : throw TooMany(MostTensors, "tensors");
                    break;
                case 11: Limited(inputs, MostTensors, "inputs").Add(ParseValue(graph.Message())); break;
                case 12: Limited(outputs, MostValues, "outputs").Add(ParseValue(graph.Message())); break;
            }
        return new()
        {
            Path = _file.Path,
            Opset = opset,
            Nodes = nodes,
            Initialisers = initialisers,
            Inputs = [.. inputs.Where(i => !initialisers.ContainsKey(i.Name))],
            Outputs = outputs,
            Metadata = metadata,
        };
    }

    private OnnxNode ParseNode(ProtoReader message)
    {
        (string name, string kind, string domain) = ("", "", "");
        List<string> inputs = [], outputs = [];
        Dictionary<string, OnnxAttribute> attributes = new(StringComparer.Ordinal);
        while (message.Next())
            switch (message.Field)
            {
                case 1: Limited(inputs, MostValues, "inputs of a node").Add(message.Text()); break;
                case 2: Limited(outputs, MostValues, "outputs of a node").Add(message.Text()); break;
                case 3: name = message.Text(); break;
                case 4: kind = message.Text(); break;
                case 5:
                    OnnxAttribute attribute = ParseAttribute(message.Message());
                    attributes[attribute.Name] = attributes.Count < MostValues ? attribute : throw TooMany(MostValues, "attributes of a node");
                    break;
                case 7: domain = message.Text(); break;
            }
        return new(name.Length > 0 ? name : outputs.FirstOrDefault(""), kind, domain, inputs, outputs, attributes);
    }

    private OnnxAttribute ParseAttribute(ProtoReader message)
    {
        (string name, string text, long whole, float real, OnnxTensor? tensor) = ("", "", 0L, 0f, null);
        List<long> wholes = [];
        List<float> reals = [];
        while (message.Next())
            switch (message.Field)
            {
                case 1: name = message.Text(); break;
                case 2: real = message.Single(); break;
                case 3: whole = message.Number; break;
                case 4: text = message.Text(); break;
                case 5: tensor = _tensors.Parse(message.Message()); break;
                case 7: reals.AddRange(message.Singles().Take(MostListed - reals.Count)); break;
                case 8: wholes.AddRange(message.Numbers().Take(MostListed - wholes.Count)); break;
            }
        return new(name, whole, real, text, tensor, wholes, reals);
    }

    /// <summary>ValueInfoProto: name, and type → tensor → shape → dimensions.</summary>
    private static OnnxValue ParseValue(ProtoReader message)
    {
        string name = "";
        List<long?> shape = [];
        while (message.Next())
            if (message.Field == 1) name = message.Text();
            else if (message.Field == 2)
                foreach (ProtoReader tensor in Within(message.Message(), 1))
                    foreach (ProtoReader dimensions in Within(tensor, 2))
                        foreach (ProtoReader dimension in Within(dimensions, 1))
                        {
                            long? size = null;
                            while (dimension.Next())
                                if (dimension.Field == 1 && dimension.Number > 0) size = dimension.Number;
                            if (shape.Count < 33) shape.Add(size);
                        }
        return new(name, shape);
    }

    private static IEnumerable<ProtoReader> Within(ProtoReader message, int field)
    {
        while (message.Next())
            if (message.Field == field) yield return message.Message();
    }

    private static (string Domain, long Version) Opset(ProtoReader message)
    {
        (string domain, long version) = ("", 0L);
        while (message.Next())
            if (message.Field == 1) domain = message.Text();
            else if (message.Field == 2) version = message.Number;
        return (domain, version);
    }

    private List<T> Limited<T>(List<T> list, int most, string what) => list.Count < most ? list : throw TooMany(most, what);

    private WeightsFormatException TooMany(int most, string what) => new(_file.Path, $"it has more than {most} {what}.");

    /// <summary>Opens a weight file, which must be in the model's folder or below it.</summary>
    private MappedFile External(string location)
    {
        if (_external.TryGetValue(location, out MappedFile? open)) return open;
        string folder = Path.GetDirectoryName(Path.GetFullPath(_file.Path)) + Path.DirectorySeparatorChar;
        string path = location.Contains('\0') ? "" : Path.GetFullPath(Path.Combine(folder, location));
        if (location.Length == 0 || Path.IsPathRooted(location) || !path.StartsWith(folder, StringComparison.Ordinal))
            throw new WeightsFormatException(_file.Path, $"it refers to weights in '{location}', outside its folder: such files are not read.");
        if (!File.Exists(path))
            throw new WeightsFormatException(_file.Path, $"its weights are in '{location}', which is missing: put it next to the model.");
        if (File.ResolveLinkTarget(path, returnFinalTarget: true) is not null)
            throw new WeightsFormatException(_file.Path, $"'{location}' is a link to another folder: such files are not read.");
        if (_external.Count >= MostValues) throw TooMany(MostValues, "files of weights");
        return _external[location] = new MappedFile(path);
    }
}
