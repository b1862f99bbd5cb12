using System.Globalization;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights.Onnx;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Import;

/// <summary>Turns ONNX image classifiers into backbones.</summary>
internal static class OnnxBackbones
{
    private const long OldestOpset = 7, NewestOpset = 21, Unsaid = 224, Most = 4096;

    /// <summary>Reads the graph of a file; weights are read when loaded.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="Weights.WeightsFormatException">It is damaged or not ONNX.</exception>
    /// <exception cref="BackboneGraphException">It cannot be used as a backbone; the message says why, and what to do.</exception>
    public static ImportedBackbone Read(string path, OnnxBackboneOptions options) => Read(new OnnxModelFile(path), options);

    /// <summary>The same for an open file; takes ownership, and closes it if it cannot be read.</summary>
    public static ImportedBackbone Read(OnnxModelFile file, OnnxBackboneOptions options)
    {
        try
        {
            OnnxModel model = file.Model;
            OnnxValue images = Images(model);
            long rows = images.Shape[2] ?? Unsaid, columns = images.Shape[3] ?? Unsaid;
            // Fewer images at the larger size, so that a number of images is not mistaken for a number of rows.
            long[] declared = [5, 3, rows, columns], larger = [3, 3, rows + 64, columns + 96];
            return Build(file, images, Cut(model, images, options.Cut, declared, larger), options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static OnnxValue Images(OnnxModel model)
    {
        if (model.Opset is < OldestOpset or > NewestOpset)
            throw new BackboneGraphException(model.Path,
                $"it is written in opset {model.Opset}; {OldestOpset} to {NewestOpset} are read. Export or convert it to one of these.");
        if (model.Inputs is not [{ } images])
        {
            string inputs = string.Join(", ", model.Inputs.Take(5).Select(i => i.Name));
            throw new BackboneGraphException(model.Path, $"it has {model.Inputs.Count} inputs ({inputs}); one is possible, the images.");
        }
        if (images.Shape is [_, _, _, 3] && images.Shape[1] != 3)
            throw new BackboneGraphException(model.Path, $"its input '{images.Name}' has the colours last (N × H × W × 3). "
                + "Export it with the colours first, N × 3 × H × W (tf2onnx: --inputs-as-nchw).");
        if (images.Shape is not [_, 3 or null, _, _] || images.Shape.Skip(2).Any(d => d > Most))
        {
            string shape = string.Join(" × ", images.Shape.Select(d => d?.ToString(CultureInfo.InvariantCulture) ?? "?"));
            throw new BackboneGraphException(model.Path,
                $"its input '{images.Name}' is {shape}; a backbone takes images, N × 3 × H × W, of at most {Most} pixels a side.");
        }
        return images;
    }

    /// <summary>Finds the cut in the graph read for several image sizes or, failing that, for its own size only.</summary>
    private static (GraphReading Reading, string Output) Cut(OnnxModel model, OnnxValue images, string? name, long[] declared, long[] larger)
    {
        GraphReading several = OnnxGraphReader.Read(model, images.Name, images.Shape[0], [declared, larger]);
        string? output = null;
        try
        {
            output = Output(several);
            if (several.CauseOf(name is null ? Last(several, model) : output) is null) return (several, output);
        }
        catch (BackboneGraphException)
        {
            // If reading for a single size fails too, it gives the better reason.
        }
        // Some node is not understood, perhaps only for image sizes other than the exported one.
        GraphReading one = OnnxGraphReader.Read(model, images.Name, images.Shape[0], [declared]);
        string alone = Output(one);
        if (output is null || (name is not null && several.CauseOf(output) is not null)) return (one, alone);
        return one.PlaceOf(alone) > one.PlaceOf(output) ? (one, alone) : (several, output);

        string Output(GraphReading reading)
            => Named(reading, model, name) ?? new GraphCut(reading, model.Path, images.Name).Find(Last(reading, model));
    }

    private static ImportedBackbone Build(
        OnnxModelFile file, OnnxValue images, (GraphReading Reading, string Output) found, OnnxBackboneOptions options)
    {
        (GraphReading reading, string output) = found;
        var cut = new GraphCut(reading, file.Model.Path, images.Name);
        IReadOnlyList<GraphNode> nodes = cut.Backbone(output);
        long size = Math.Max(reading.Probes[0][2], reading.Probes[0][3]);
        string name = options.Name ?? Path.GetFileName(file.Model.Path);
        BackboneGraph graph = new(name, images.Name, nodes, cut.Stages(nodes, output), options.Normalisation, checked((int)size));
        HashSet<string> own = [.. nodes.SelectMany(n => n.Operation.Tensors.Select(t => $"{n.Name}.{t.Name}"))];
        Dictionary<string, Func<Tensor>> weights = reading.Weights.Where(w => own.Contains(w.Key)).ToDictionary();
        if (options.Channels == ChannelOrder.Bgr) TurnColours(graph, weights);
        return new(graph, weights, file);
    }

    private static string? Named(GraphReading reading, OnnxModel model, string? name)
        => name is null ? null
            : reading.Knows(name) && reading[name] is Activation named ? named.Name
            : throw new BackboneGraphException(model.Path, $"there is no tensor '{name}' in it that depends on the images. Tensors near its end: "
                + $"{string.Join(", ", reading.Nodes.Select(n => n.Output).TakeLast(12).Select(n => $"'{n}'"))}.");

    /// <summary>The first output that depends on the images.</summary>
    private static string Last(GraphReading reading, OnnxModel model)
        => model.Outputs.Select(o => reading.Knows(o.Name) ? reading[o.Name] : null).OfType<Activation>().FirstOrDefault()?.Name
            ?? throw new BackboneGraphException(model.Path, "no output of it depends on its images.");

    /// <summary>Reverses the channel order in the convolutions that read the images.</summary>
    private static void TurnColours(BackboneGraph graph, Dictionary<string, Func<Tensor>> weights)
    {
        foreach (GraphNode node in graph.Nodes.Where(n => n.Inputs.Contains(graph.Input)))
        {
            if (node.Operation is not Convolution { Groups: 1 })
                throw new BackboneGraphException(graph.Name, node.Name, node.Operation.GetType().Name,
                    "the order of colours can be turned round in convolutions alone. Export the network so that it takes RGB");
            Func<Tensor> load = weights[$"{node.Name}.weight"];
            weights[$"{node.Name}.weight"] = () =>
            {
                using Tensor original = load();
                return original.flip(1);
            };
        }
    }
}
