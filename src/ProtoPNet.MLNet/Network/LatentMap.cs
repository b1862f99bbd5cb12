using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>The latent patches of N photographs, and which of them lie on the object.</summary>
/// <param name="Values">The latent map: N × D × H × W.</param>
/// <param name="OnObject">Whether each patch of the size of a prototype lies on the object (N × 1 × H' × W'); null if all of them count.</param>
internal readonly record struct LatentMap(Tensor Values, Tensor? OnObject) : IDisposable
{
    /// <summary>Replaces the values (N × P × H' × W') of patches off the object.</summary>
    public Tensor Outside(Tensor values, double number) => OnObject is { } mask ? values.Filled(mask.logical_not(), number) : values;

    public void Dispose()
    {
        Values.Dispose();
        OnObject?.Dispose();
    }
}
