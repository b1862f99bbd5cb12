using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// A classifier without prototypes, trained. Immutable: the network is in evaluation mode and nothing here changes it, so several threads may score at
/// once. Dispose of it only when no thread does; see <see cref="Shared{TModel}"/>.
/// </summary>
internal sealed class TrainedPooledClassifier : IDisposable
{
    private readonly PooledNetwork _network;
    private readonly Lock _making = new();
    private InferenceFeatures? _features;
    private volatile bool _disposed;

    public TrainedPooledClassifier(PooledNetwork network, IReadOnlyList<string> classNames, Device? device = null)
    {
        if (classNames.Count != network.Architecture.Classes)
            throw new ArgumentException($"The network has {network.Architecture.Classes} classes; {classNames.Count} class names were given.");
        (_network, Architecture, ClassNames, Device) = (network, network.Architecture, classNames, device ?? CPU);
        network.eval();
    }

    public PooledArchitecture Architecture { get; }

    /// <summary>Names of the K classes, in the order of the label's keys.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The device of the network's tensors.</summary>
    public Device Device { get; }

    /// <summary>The temperature that the linear layer was divided by; 1 if none was fitted.</summary>
    public double Temperature { get; init; } = 1;

    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public PooledNetwork Network
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _network;
        }
    }

    /// <summary>Scores <paramref name="count"/> images, given as normalised pixels (count × 3 × S × S, row-major). There are no similarities.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public ImageScores Score(ArraySegment<float> pixels, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        Tensor logits = Network.Logits(Features(InputTensor.On(Device, pixels, count, Architecture.ImageSize)));
        return new(Floats(nn.functional.softmax(logits, 1)), Floats(logits), [], []);
    }

    /// <summary>Normalised images (N × 3 × S × S) to features (N × C × H × W), using the fast copy of the backbone.</summary>
    public Tensor Features(Tensor images)
    {
        lock (_making) _features ??= new(Network.Features, Device);
        return _features.Of(images);
    }

    public void Dispose()
    {
        _disposed = true;
        _features?.Dispose();
        _network.Dispose();
    }

    private static float[] Floats(Tensor t) => t.cpu().contiguous().data<float>().ToArray();
}
