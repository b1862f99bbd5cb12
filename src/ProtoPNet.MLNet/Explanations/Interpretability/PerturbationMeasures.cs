using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A prototype on an image that is to be changed, and the box where it fires.</summary>
internal readonly record struct Firing(int Prototype, PixelBox Box);

/// <summary>How similarities change when the photograph is changed: in the box of the evidence, outside it, in its light.</summary>
internal sealed class PerturbationMeasures(TrainedProtoPNet model)
{
    /// <summary>The prototypes of an image whose change is measured, most similar first.</summary>
    public const int MostSimilar = 5;

    private const int Batch = 32;

    private readonly RunningMean _painted = new(), _paintedElsewhere = new();
    private readonly Changes _completeness = new(), _continuity = new();

    public int Images { get; private set; }

    public Deletion? Deletion => _painted.Value is { } box && _paintedElsewhere.Value is { } elsewhere ? new(box, elsewhere) : null;

    public SimilarityChange? Completeness => _completeness.Mean;

    public SimilarityChange? Continuity => _continuity.Mean;

    /// <summary>Measures one image.</summary>
    /// <param name="number">Its number, from which noise and random boxes are drawn.</param>
    /// <param name="input">The image (3 × S × S).</param>
    /// <param name="before">Its similarities to the P prototypes.</param>
    /// <param name="evidence">The evidence of its prediction.</param>
    /// <param name="strongest">Its most similar prototypes.</param>
    public void Add(int number, Tensor input, float[] before, IReadOnlyList<Firing> evidence, IReadOnlyList<Firing> strongest)
    {
        using DisposeScope scope = NewDisposeScope();
        Images++;
        InputNormalisation normalisation = model.Architecture.Backbone.Normalisation;
        int side = model.Architecture.ImageSize;
        var random = new DeterministicRandom((ulong)number);
        Tensor noise = Perturbations.Noise(input.unsqueeze(0), normalisation, NoiseKind.Completeness, number).squeeze(0);
        List<Func<Tensor>> changed =
        [
            () => Perturbations.Brighter(input.unsqueeze(0), normalisation).squeeze(0),
            .. strongest.Select<Firing, Func<Tensor>>(one => () => Perturbations.NoisyOutside(input, noise, one.Box)),
            .. evidence.Select<Firing, Func<Tensor>>(one => () => Perturbations.Painted(input, one.Box)),
            .. evidence.Select(one => Perturbations.Elsewhere(one.Box, side, random))
                .Select<PixelBox, Func<Tensor>>(box => () => Perturbations.Painted(input, box)).ToArray(),
        ];
        float[][] after = Similarities(changed);
        _continuity.Add(strongest.Select(one => SimilarityChange.Of(before, after[0], one.Prototype)));
        _completeness.Add(strongest.Select((one, i) => SimilarityChange.Of(before, after[1 + i], one.Prototype)));
        if (evidence.Count == 0) return;
        int first = 1 + strongest.Count;
        _painted.Add(evidence.Select((one, i) => Fall(one, after[first + i])).Average());
        _paintedElsewhere.Add(evidence.Select((one, i) => Fall(one, after[first + evidence.Count + i])).Average());

        double Fall(Firing one, float[] now) => Deletion.Fall(before[one.Prototype], now[one.Prototype]);
    }

    /// <summary>The similarities of each changed image to the P prototypes.</summary>
    private float[][] Similarities(IReadOnlyList<Func<Tensor>> changed)
    {
        List<float[]> result = [];
        foreach (Func<Tensor>[] chunk in changed.Chunk(Batch))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor distances = model.Network.Distances(model.Latent(stack(chunk.Select(make => make()).ToArray())));
            Tensor similarities = model.Network.Similarity(Network.ProtoPNetNetwork.MinDistances(distances));
            result.AddRange(similarities.cpu().contiguous().data<float>().ToArray().Chunk(model.Prototypes.Count));
        }
        return [.. result];
    }

    /// <summary>The mean over images of the mean over an image's prototypes.</summary>
    private sealed class Changes
    {
        private readonly RunningMean _similarity = new(), _rank = new();

        public SimilarityChange? Mean => _similarity.Value is { } similarity && _rank.Value is { } rank ? new(similarity, rank) : null;

        public void Add(IEnumerable<SimilarityChange?> ofImage)
        {
            SimilarityChange[] all = [.. ofImage.OfType<SimilarityChange>()];
            if (all.Length == 0) return;
            _similarity.Add(all.Average(change => change.Similarity));
            _rank.Add(all.Average(change => change.Rank));
        }
    }
}
