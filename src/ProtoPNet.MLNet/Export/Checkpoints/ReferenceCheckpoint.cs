using System.Text.Json;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>Networks under the published implementation's names: reading its checkpoints, and writing ours so that it can read them.</summary>
internal static class ReferenceCheckpoint
{
    /// <summary>A constant of the published prototype layer that is part of its state dict.</summary>
    private const string Ones = "ones";

    /// <summary>Builds the network of a checkpoint; state dict, training checkpoint or whole module, of any format.</summary>
    /// <exception cref="WeightsFormatException">It is damaged, or no ProtoPNet's.</exception>
    /// <exception cref="StateDictMismatchException">Tensors are missing or have other shapes than the rest suggests.</exception>
    public static ProtoPNetNetwork Read(string path, int imageSize, SimilarityFunction similarity)
    {
        using TensorFile file = TensorFile.Open(path);
        NetworkArchitecture architecture = new ArchitectureInference(file).Infer(imageSize, similarity);
        architecture = architecture with { PrototypeClasses = PrototypeClasses(file, architecture) };
        architecture.Check();
        var network = new ProtoPNetNetwork(architecture, initial: null);
        try
        {
            StateDict.Assign(network, file.Tensors.Select(t => t.Name), file.Load, path, name => name == Ones);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Writes the state dict as safetensors, <c>ones</c> included, in the published order, with classes and prototypes as metadata.</summary>
    public static void Write(TrainedProtoPNet model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        IEnumerable<(string, Tensor)> tensors = StateDict.Of(model.Network).SelectMany(t => t.Name == "prototype_vectors"
            ? [(t.Name, t.Tensor.detach()), (Ones, ones_like(t.Tensor))]
            : new[] { (t.Name, t.Tensor.detach()) });
        Safetensors.Write(path, tensors, new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["protopnet.classes"] = JsonSerializer.Serialize(model.ClassNames),
            ["protopnet.prototype_classes"] = JsonSerializer.Serialize(model.Architecture.PrototypeClasses),
            ["protopnet.image_size"] = $"{model.Architecture.ImageSize}",
        });
    }

    /// <summary>
    /// The classes of the prototypes: what our own metadata say or, where each class has as many, the published order; after pruning, the class that
    /// each prototype counts most for, provided that these are in order too.
    /// </summary>
    private static int[] PrototypeClasses(TensorFile file, NetworkArchitecture architecture)
    {
        if (file.Metadata.TryGetValue("protopnet.prototype_classes", out string? text)) return OwnMetadata(file, text, architecture);

        using DisposeScope scope = NewDisposeScope();
        long[] strongest = [.. file.Load("last_layer.weight").to_type(ScalarType.Float32).argmax(0).data<long>()];
        int[] byWeight = [.. strongest.Select(k => (int)k)];
        bool inOrder = byWeight.Zip(byWeight.Skip(1)).All(pair => pair.First <= pair.Second) && byWeight.Distinct().Count() == architecture.Classes;
        if (architecture.Prototypes % architecture.Classes != 0)
        {
            return inOrder ? byWeight : throw new WeightsFormatException(file.Path,
                $"it has {architecture.Prototypes} prototypes for {architecture.Classes} classes, so it was pruned, and its last layer does not tell "
                + "which prototype belongs to which class.");
        }
        int[] equal = NetworkArchitecture.EqualPrototypeClasses(architecture.Classes, architecture.Prototypes / architecture.Classes);
        int agreeing = equal.Zip(byWeight).Count(pair => pair.First == pair.Second);
        return inOrder && agreeing < 0.9 * equal.Length ? byWeight : equal;
    }

    private static int[] OwnMetadata(TensorFile file, string text, NetworkArchitecture architecture)
    {
        try
        {
            int[] classes = JsonSerializer.Deserialize<int[]>(text) ?? [];
            if (classes.Length == architecture.Prototypes && classes.All(k => k >= 0 && k < architecture.Classes)) return classes;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new WeightsFormatException(file.Path, "its metadata 'protopnet.prototype_classes' do not fit its tensors.");
    }
}
