using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>Up to k candidates per prototype, nearest first: the running result of a search over batches of images.</summary>
/// <param name="Distances">Squared distances: P × k.</param>
/// <param name="Attributes">The attributes of each candidate (position, patch, map): P × k × anything.</param>
internal sealed record NearestSoFar(Tensor Distances, IReadOnlyList<Tensor> Attributes) : IDisposable
{
    /// <summary>The <paramref name="count"/> nearest of both per prototype; ties are resolved in favour of the earlier one.</summary>
    public static NearestSoFar Merge(NearestSoFar? earlier, NearestSoFar later, int count)
    {
        if (earlier is null) return later;
        using DisposeScope scope = NewDisposeScope();
        Tensor all = cat([earlier.Distances, later.Distances], 1);
        Tensor index = all.sort(1, descending: false, stable: true).Indices.narrow(1, 0, Math.Min(count, all.shape[1]));
        Tensor own = HeldScalar.Range(0, all.shape[0], all.device).unsqueeze(1).expand_as(index);
        return new NearestSoFar(
            all.gather(1, index),
            [.. earlier.Attributes.Zip(later.Attributes, (a, b) => cat([a, b], 1).index(TensorIndex.Tensor(own), TensorIndex.Tensor(index)))])
            .Apply(tensor => tensor.MoveToOuterDisposeScope());
    }

    /// <summary>Applies <paramref name="keep"/> to each tensor, to move it between dispose scopes.</summary>
    public NearestSoFar Apply(Func<Tensor, Tensor> keep) => new(keep(Distances), [.. Attributes.Select(keep)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Distances.Dispose();
        foreach (Tensor attribute in Attributes) attribute.Dispose();
    }
}
