using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Measures the explanations of a model in one pass over images; memory does not grow with their number, only with their parts.</summary>
internal sealed class InterpretabilityMeasurement
{
    private const int NearestForParts = 10, NearestForClasses = 6, CellSide = 32;
    private const double EvidenceShare = 0.8, NoiseDeviation = 0.2, NoiseLimit = 0.25;

    private readonly TrainedProtoPNet _model;
    private readonly PeakBoxes _boxes;
    private readonly ILookup<int, int> _prototypesOf;
    private readonly PartCounts[] _counts;
    private readonly int[] _own, _annotated, _same;
    private readonly List<AnnotatedInput> _inputs = [];
    private readonly List<int?> _classes = [];
    private int _pairsWithParts, _empty, _right, _labelled;
    private double _places, _evidence;

    private InterpretabilityMeasurement(TrainedProtoPNet model)
    {
        _model = model;
        _boxes = new(model.Architecture.ImageSize);
        _prototypesOf = model.Prototypes.ToLookup(p => p.ClassIndex, p => p.Index);
        _counts = [.. model.Prototypes.Select(_ => new PartCounts())];
        int prototypes = model.Prototypes.Count;
        (_own, _annotated, _same) = (new int[prototypes], new int[prototypes], new int[prototypes]);
    }

    /// <exception cref="ArgumentException">No image is of a class of the model.</exception>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static InterpretabilityReport Run(TrainedProtoPNet model, IEnumerable<AnalysedImage> images, CancellationToken cancellation)
    {
        var measurement = new InterpretabilityMeasurement(model);
        using NearestPatches nearest = new(NearestForParts);
        var sizes = new Queue<(int Width, int Height)>();
        InputBatches.ForEach(model, images.Select(image => image with { Load = () => Sized(image.Load()) }), (batch, inputs) =>
        {
            Tensor distances = model.Network.Distances(model.Latent(inputs)); // N × P × H' × W'
            Tensor noise = Noise(inputs, model.Architecture.Backbone.Normalisation, measurement._inputs.Count);
            Tensor noisy = model.Network.Distances(model.Latent(inputs.Plus(noise)));
            nearest.Add(distances);
            AnnotatedInput[] annotated;
            lock (sizes) annotated = [.. batch.Select(image => Annotated(image, sizes.Dequeue()))];
            measurement.Add(batch, annotated, model.Network.Similarity(distances), model.Network.Similarity(noisy));
        }, cancellation);
        if (measurement._labelled == 0)
            throw new ArgumentException("Explanations are measured on images of the model's classes; none of these is.");
        return measurement.Report(nearest.Result(model.Network.Similarity));

        RgbImage Sized(RgbImage image)
        {
            lock (sizes) sizes.Enqueue((image.Width, image.Height));
            return image;
        }

        static AnnotatedInput Annotated(AnalysedImage image, (int Width, int Height) size) => new(image.Parts, size.Width, size.Height);
    }

    /// <summary>
    /// Gaussian noise on pixels normalised as for ImageNet, clipped (Huang et al. 2023), given in another normalisation: the same change of the
    /// photograph for every model.
    /// </summary>
    internal static Tensor Noise(Tensor inputs, InputNormalisation normalisation, int seed)
    {
        var random = new DeterministicRandom((ulong)seed);
        float[] noise = new float[inputs.numel()];
        foreach (ref float value in noise.AsSpan()) value = (float)Math.Clamp(NoiseDeviation * random.Normal(), -NoiseLimit, NoiseLimit);
        float[] scale = [.. InputNormalisation.ImageNet.Deviation.Zip(normalisation.Deviation, (usual, own) => usual / own)];
        return tensor(noise, inputs.shape).mul(tensor(scale, [1, 3, 1, 1])).to(inputs.device);
    }

    private void Add(AnalysedImage[] batch, AnnotatedInput[] annotated, Tensor maps, Tensor noisy)
    {
        Tensor similarities = maps.flatten(2).max(2).values;
        float[] logits = [.. _model.Network.Logits(similarities).cpu().data<float>()], values = [.. similarities.contiguous().cpu().data<float>()];
        int classes = _model.ClassNames.Count, prototypes = _model.Prototypes.Count;
        for (int n = 0; n < batch.Length; n++)
        {
            ReadOnlySpan<float> scores = logits.AsSpan(n * classes, classes);
            int predicted = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores);
            _evidence += EvidenceSize(values.AsSpan(n * prototypes, prototypes), predicted);
            _inputs.Add(annotated[n]);
            _classes.Add(batch[n].ClassIndex);
            if (batch[n].ClassIndex is not { } label) continue;
            _labelled++;
            if (predicted == label) _right++;
            int[] own = [.. _prototypesOf[label]];
            if (own.Length > 0) AddOwn(own, annotated[n], Pick(maps, n, own), Pick(noisy, n, own));
        }
    }

    /// <summary>What the prototypes of an image's class point at, without and with noise.</summary>
    private void AddOwn(int[] own, AnnotatedInput image, Tensor maps, Tensor noisy)
    {
        (int Row, int Column)[] peaks = _boxes.Peaks(maps), moved = _boxes.Peaks(noisy);
        _places += (double)peaks.Select(p => (p.Row / CellSide, p.Column / CellSide)).Distinct().Count() / own.Length;
        for (int i = 0; i < own.Length; i++)
        {
            _own[own[i]]++;
            if (image.Parts.Count == 0) continue;
            _annotated[own[i]]++;
            IReadOnlySet<string> inBox = _boxes.Parts(peaks[i], image);
            _counts[own[i]].Add(image.Parts, inBox);
            _pairsWithParts++;
            if (inBox.Count == 0) _empty++;
            if (inBox.SetEquals(_boxes.Parts(moved[i], image))) _same[own[i]]++;
        }
    }

    /// <summary>How many prototypes make up 80 % of the positive evidence for a class.</summary>
    private int EvidenceSize(ReadOnlySpan<float> similarities, int predicted)
    {
        var points = new List<double>();
        for (int j = 0; j < similarities.Length; j++)
            if ((double)similarities[j] * _model.LastLayerWeights[predicted, j] is > 0 and var point) points.Add(point);
        points.Sort((a, b) => b.CompareTo(a));
        double wanted = EvidenceShare * points.Sum(), sum = 0;
        int count = 0;
        while (count < points.Count && sum < wanted) sum += points[count++];
        return count;
    }

    private InterpretabilityReport Report(IReadOnlyList<IReadOnlyList<NearPatch>> nearest)
    {
        bool hasParts = _inputs.Any(image => image.Parts.Count > 0);
        float[,] weights = _model.LastLayerWeights;
        return new(_inputs.Count, [.. _model.Prototypes.Select(p => Trust(p, nearest[p.Index], hasParts))])
        {
            Accuracy = (double)_right / _labelled,
            NoPart = _pairsWithParts == 0 ? null : (double)_empty / _pairsWithParts,
            EvidenceSize = _evidence / _inputs.Count,
            DistinctPlaces = _places / _labelled,
            NonZeroWeights = weights.Cast<float>().Count(w => w != 0),
            NegativeWeights = weights.Cast<float>().Count(w => w < 0),
        };
    }

    private PrototypeTrust Trust(Prototype prototype, IReadOnlyList<NearPatch> nearest, bool hasParts)
    {
        PartCounts found = new();
        if (hasParts)
        {
            using DisposeScope scope = NewDisposeScope();
            (int Row, int Column)[] peaks = _boxes.Peaks(stack(nearest.Select(near => tensor(near.Map))));
            foreach ((NearPatch near, (int, int) peak) in nearest.Zip(peaks))
                found.Add(_inputs[near.Image].Parts, _boxes.Parts(peak, _inputs[near.Image]));
        }
        int annotated = _annotated[prototype.Index];
        return new(prototype, _own[prototype.Index], _counts[prototype.Index].Best)
        {
            Stability = annotated > 0 ? (double)_same[prototype.Index] / annotated : null,
            PartPurity = found.Best?.Share,
            ClassPurity = nearest.Take(NearestForClasses).Where(near => _classes[near.Image] is not null)
                .Average(near => _classes[near.Image] == prototype.ClassIndex ? 1.0 : (double?)0),
        };
    }

    private static Tensor Pick(Tensor maps, int image, int[] prototypes)
        => maps[image].index_select(0, tensor(prototypes.Select(p => (long)p).ToArray(), device: maps.device));
}
