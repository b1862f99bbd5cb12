using System.IO.Compression;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet;

/// <summary>What an earlier ProtoPNet has learned, for one that is trained further on other photographs or classes.</summary>
/// <remarks>
/// Taken over are the backbone and, where they are of the same shapes, the add-on layers. Prototypes are placed anew, in the new photographs, and the
/// last layer is solved for anew.
/// </remarks>
internal static class EarlierModel
{
    private const string Backbone = "features.", AddOn = "add_on_layers.", Prototypes = "prototype_vectors";

    /// <summary>Whether a file of tensors is one: of <c>export --format state-dict</c>, or of the published code.</summary>
    public static bool Is(TensorFile file) => file.Contains(Prototypes);

    /// <summary>Whether a file is a saved model, <c>model.zip</c>.</summary>
    public static bool IsSaved(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            return Network(zip) is not null;
        }
        catch (InvalidDataException)
        {
            return false; // no zip
        }
    }

    /// <exception cref="WeightsFormatException">The file is damaged.</exception>
    /// <exception cref="StateDictMismatchException">It is of another backbone.</exception>
    public static void LoadSaved(ProtoPNetNetwork network, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        using ZipArchive zip = ZipFile.OpenRead(path);
        ZipArchiveEntry entry = Network(zip)!;
        using Stream stream = entry.Open();
        Dictionary<string, Tensor> tensors = [];
        try
        {
            foreach ((string name, Tensor tensor) in Safetensors.Read(stream, path, Check)) tensors[name] = tensor;
        }
        catch (InvalidDataException e)
        {
            throw new WeightsFormatException(path, e.Message, e);
        }
        Load(network, tensors.Keys, name => tensors[name].alias(), path);

        void Check(IReadOnlyList<TensorInfo> infos)
        {
            if (infos.Sum(t => (decimal)t.Elements) > entry.Length)
                throw new WeightsFormatException(path, "its network is shorter than its tensors: truncated or damaged.");
        }
    }

    /// <exception cref="StateDictMismatchException">They are of another backbone.</exception>
    public static void Load(ProtoPNetNetwork network, IEnumerable<string> names, Func<string, Tensor> load, string path)
    {
        string[] all = [.. names];
        HashSet<string> own = [.. StateDict.Of(network.Features).Select(t => t.Name.Split('.')[0])];
        // Stages beyond a cut may be there for nothing.
        StateDict.Assign(network.Features, Under(Backbone), name => load(Backbone + name), path, name => !own.Contains(name.Split('.')[0]));
        if (Fits(StateDict.Of(network.AddOnLayers).ToDictionary(t => t.Name, t => t.Tensor.shape)))
            StateDict.Assign(network.AddOnLayers, Under(AddOn), name => load(AddOn + name), path);

        string[] Under(string prefix)
            => [.. all.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..])];

        bool Fits(Dictionary<string, long[]> shapes)
        {
            string[] given = Under(AddOn);
            if (!shapes.Keys.ToHashSet().SetEquals(given)) return false;
            using DisposeScope scope = NewDisposeScope();
            return given.All(name => load(AddOn + name).shape.SequenceEqual(shapes[name]));
        }
    }

    private static ZipArchiveEntry? Network(ZipArchive zip)
        => zip.Entries.FirstOrDefault(e => e.FullName.EndsWith(EntryNames.Network, StringComparison.Ordinal));
}
