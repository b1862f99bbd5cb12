using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// A network with the meaning of its outputs: classes and prototypes. Immutable: the network is in evaluation mode and nothing here changes it, so
/// several threads may score at once. Dispose of it only when no thread does; see <see cref="SharedModel"/>.
/// </summary>
internal sealed class TrainedProtoPNet : IDisposable
{
    private readonly Lazy<float[,]> _weights;
    private readonly ProtoPNetNetwork _network;
    private readonly Lock _making = new();
    private readonly PrototypeFeatures? _familiar;
    private InferenceFeatures? _features;
    private volatile bool _disposed;

    public TrainedProtoPNet(ProtoPNetNetwork network, IReadOnlyList<string> classNames, IReadOnlyList<Prototype> prototypes, Device? device = null)
    {
        if (classNames.Count != network.Architecture.Classes || prototypes.Count != network.Architecture.Prototypes)
            throw new ArgumentException(
                $"The network has {network.Architecture.Classes} classes and {network.Architecture.Prototypes} prototypes; "
                + $"{classNames.Count} class names and {prototypes.Count} prototypes were given.");
        (_network, Architecture, ClassNames, Prototypes, Device) = (network, network.Architecture, classNames, prototypes, device ?? CPU);
        network.eval();
        _weights = new(ReadWeights);
        _familiar = PrototypeFeatures.Of(Architecture, Prototypes, Device);
    }

    public NetworkArchitecture Architecture { get; }

    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public ProtoPNetNetwork Network
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _network;
        }
    }

    /// <summary>Names of the K classes, in the order of the label's keys.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    public IReadOnlyList<Prototype> Prototypes { get; }

    /// <summary>The device of the network's tensors.</summary>
    public Device Device { get; }

    /// <summary>The penalties that the last layer was solved with; null if it was not solved, or they are unknown.</summary>
    public LastLayerPenalties? Penalties { get; init; }

    /// <summary>What people changed in the model after its training, in order.</summary>
    public IReadOnlyList<ModelRevision> Revisions { get; init; } = [];

    /// <summary>How familiar the training images looked at the end of training; null if that is not known.</summary>
    public UsualFamiliarity? UsualFamiliarity { get; init; }

    /// <summary>Whether disposing of the model also frees the network; false while it is being trained.</summary>
    public bool OwnsNetwork { get; init; } = true;

    /// <summary>The last layer h (K × P).</summary>
    public float[,] LastLayerWeights => _weights.Value;

    /// <summary>Whether scores tell how familiar an image looks: if the backbone's features of all prototypes are known.</summary>
    public bool KnowsFamiliarity => _familiar is not null;

    /// <summary>The backbone's features of the prototypes' patches; null unless all are known.</summary>
    public PrototypeFeatures? Familiar => _familiar;

    /// <summary>All prototypes with their weights.</summary>
    public PrototypeHead Head => new(ClassNames, Prototypes, LastLayerWeights);

    /// <summary>Scores <paramref name="count"/> images, given as normalised pixels (count × 3 × S × S, row-major).</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public ImageScores Score(ArraySegment<float> pixels, int count)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        Tensor images = InputTensor.On(Device, pixels, count, Architecture.ImageSize);
        Tensor features = Features().Of(images);
        Tensor distances = Network.Distances(Network.LatentOf(features));
        NetworkOutput output = Network.Classify(distances);
        return new(
            Floats(nn.functional.softmax(output.Logits, 1)), Floats(output.Logits), Floats(output.Similarities),
            _familiar?.Familiarity(features, distances, output.Logits) ?? []);
    }

    /// <summary>Normalised images (N × 3 × S × S) to the latent map (N × D × H × W), using the fast copy of the backbone.</summary>
    public LatentMap Latent(Tensor images)
    {
        using Tensor features = FeaturesOf(images);
        return Network.LatentOf(features);
    }

    /// <summary>Normalised images (N × 3 × S × S) to the backbone's features (N × C × H × W), by its fast copy.</summary>
    public Tensor FeaturesOf(Tensor images) => Features().Of(images);

    public void Dispose()
    {
        _disposed = true;
        _features?.Dispose();
        _familiar?.Dispose();
        if (OwnsNetwork) _network.Dispose();
    }

    /// <summary>The fast copy, made by the first pass while others wait; if that fails, the next pass tries again.</summary>
    private InferenceFeatures Features()
    {
        ProtoPNetNetwork network = Network; // refuses after disposal, also where the copy was made before
        lock (_making) return _features ??= new(network);
    }

    private static float[] Floats(Tensor t) => t.cpu().contiguous().data<float>().ToArray();

    private float[,] ReadWeights()
    {
        using var scope = NewDisposeScope();
        float[] flat = Floats(Network.LastLayer.detach());
        var weights = new float[Architecture.Classes, Architecture.Prototypes];
        Buffer.BlockCopy(flat, 0, weights, 0, flat.Length * sizeof(float));
        return weights;
    }
}

/// <summary>
/// The outputs for N images: probabilities and logits (N × K), similarities (N × P), each row-major; how familiar they look (N), empty if the model does not
/// know.
/// </summary>
internal readonly record struct ImageScores(float[] Probabilities, float[] Logits, float[] Similarities, float[] Familiarity);

/// <summary>The penalties of the last layer's convex problem.</summary>
/// <param name="L1">λ, the penalty on connections between classes.</param>
/// <param name="OwnClass">The penalty on own-class weights; null if unknown.</param>
/// <param name="Temperature">The temperature that the solution's weights were divided by afterwards; 1 if none was fitted.</param>
internal sealed record LastLayerPenalties(double L1, OwnClassPenalty? OwnClass = null, double Temperature = 1);
