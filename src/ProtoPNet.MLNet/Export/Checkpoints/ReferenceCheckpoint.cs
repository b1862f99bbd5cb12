using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Export.Checkpoints;

/// <summary>Reads checkpoints of the published implementation, and writes ours in its format.</summary>
internal static class ReferenceCheckpoint
{
    /// <summary>A constant of the published prototype layer that is part of its state dict.</summary>
    private const string Ones = "ones";

    /// <summary>Builds the network of a checkpoint: a state dict, training checkpoint or whole module, in any supported format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="imageSize">S; null if it is in the file's metadata.</param>
    /// <param name="similarity">The similarity function; null for that of the metadata, otherwise the published one.</param>
    /// <exception cref="WeightsFormatException">It is damaged, or not a ProtoPNet's.</exception>
    /// <exception cref="StateDictMismatchException">Tensors are missing or have other shapes than the rest suggests.</exception>
    /// <exception cref="ArgumentException">The image size is neither given nor in the file, or too small for the network.</exception>
    public static (ProtoPNetNetwork Network, CheckpointMetadata Metadata) Read(string path, int? imageSize, SimilarityFunction? similarity)
    {
        using TensorFile file = TensorFiles.Open(path);
        (NetworkArchitecture architecture, CheckpointMetadata metadata) = Describe(file, imageSize, similarity);
        if (architecture.ImageSize == 0)
            throw new ArgumentException($"'{path}' does not record the image size that its network was trained with. Set ImageSize, or --image-size "
                + "(the published code trains with 224).");
        architecture.Check();
        var network = new ProtoPNetNetwork(architecture, initial: null);
        try
        {
            StateDict.Assign(network, file.Tensors.Select(t => t.Name), file.Load, path, name => name == Ones);
            network.eval();
            return (network, metadata);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The network that a checkpoint describes by its metadata, names and shapes; its image size is 0 if nothing says it.</summary>
    /// <exception cref="WeightsFormatException">It is damaged, or not a ProtoPNet's.</exception>
    /// <exception cref="ArgumentException">The image size is too small for the network.</exception>
    public static (NetworkArchitecture Architecture, CheckpointMetadata Metadata) Describe(
        TensorFile file, int? imageSize = null, SimilarityFunction? similarity = null)
    {
        CheckpointMetadata metadata = CheckpointMetadata.Read(file);
        NetworkArchitecture architecture = new ArchitectureInference(file).Infer(
            metadata.Backbone(file), imageSize ?? metadata.ImageSize ?? 0, similarity ?? metadata.Similarity ?? SimilarityFunction.Log) with
        {
            ObjectMask = metadata.ObjectMask ?? false,
            LatentSpace = metadata.LatentSpace ?? LatentSpace.Cube, // as published
            Epsilon = metadata.Epsilon ?? PrototypeLayer.PublishedEpsilon,
        };
        if (architecture.ImageSize != 0) architecture.Check();
        // Places are in pixels at the image size of training.
        if (architecture.ImageSize == 0 || metadata.ImageSize != architecture.ImageSize) metadata = metadata with { Prototypes = null };
        metadata.Check(file.Path, architecture);
        return (architecture with { PrototypeClasses = metadata.PrototypeClasses ?? PrototypeClasses(file, architecture) }, metadata);
    }

    /// <summary>
    /// Writes the state dict as safetensors, including <c>ones</c>, in the published order, with classes and prototypes as metadata.
    /// </summary>
    public static void Write(TrainedProtoPNet model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        IEnumerable<(string, Tensor)> tensors = StateDict.Of(model.Network).SelectMany(t => t.Name == "prototype_vectors"
            ? [(t.Name, t.Tensor.detach()), (Ones, ones_like(t.Tensor))]
            : new[] { (t.Name, t.Tensor.detach()) });
        Safetensors.Write(path, tensors, CheckpointMetadata.Of(model).ToDictionary());
    }

    /// <summary>
    /// The classes of the prototypes of a file without metadata: the published order if all classes have equally many; after pruning, the class
    /// with each prototype's largest weight, provided that these are in order, too.
    /// </summary>
    private static int[] PrototypeClasses(TensorFile file, NetworkArchitecture architecture)
    {
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
}
