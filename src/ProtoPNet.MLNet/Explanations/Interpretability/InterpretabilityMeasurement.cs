using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Measures the explanations of a model in one pass over images; memory does not grow with their number.</summary>
internal sealed class InterpretabilityMeasurement : IDisposable
{
    private const int NearestForParts = 10, NearestForClasses = 6;

    private readonly TrainedProtoPNet _model;
    private readonly int _perturbOneIn, _side;
    private readonly NearestPatches _nearest = new(NearestForParts);
    private readonly PointingMeasures _pointing;
    private readonly EvidenceMeasures _evidence;
    private readonly PerturbationMeasures _perturbation;
    private readonly Dictionary<int, SeenImage> _seen = [];
    private int _images, _right, _labelled;

    private InterpretabilityMeasurement(TrainedProtoPNet model, InterpretabilityOptions options)
    {
        if (options.PerturbOneIn < 1) throw new ArgumentException($"One image in {options.PerturbOneIn} cannot be changed; the number must be at least 1.");
        (_model, _perturbOneIn, _side) = (model, options.PerturbOneIn, model.Architecture.ImageSize);
        (_pointing, _evidence, _perturbation) = (new(model), new(_side), new(model));
    }

    /// <exception cref="ArgumentException">No image is of a class of the model, or an option is invalid.</exception>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static InterpretabilityReport Run(
        TrainedProtoPNet model, IEnumerable<AnalysedImage> images, InterpretabilityOptions options, CancellationToken cancellation)
    {
        using var measurement = new InterpretabilityMeasurement(model, options);
        var sizes = new Queue<(int Width, int Height)>();
        InputBatches.ForEach(model, images.Select(image => image with { Load = () => Sized(image.Load()) }), (batch, inputs) =>
        {
            AnnotatedInput[] annotated;
            lock (sizes) annotated = [.. batch.Select(image => Annotated(image, sizes.Dequeue()))];
            measurement.Add(batch, annotated, inputs);
        }, cancellation);
        if (measurement._labelled == 0)
            throw new ArgumentException("Explanations are measured on images of the model's classes; none of these is.");
        return measurement.Report();

        RgbImage Sized(RgbImage image)
        {
            lock (sizes) sizes.Enqueue((image.Width, image.Height));
            return image;
        }

        static AnnotatedInput Annotated(AnalysedImage image, (int Width, int Height) size) => new(image.Parts, size.Width, size.Height)
        {
            ObjectBox = image.ObjectBox,
        };
    }

    public void Dispose() => _nearest.Dispose();

    private void Add(AnalysedImage[] batch, AnnotatedInput[] annotated, Tensor inputs)
    {
        Tensor distances = _model.Network.Distances(_model.Latent(inputs)), maps = _model.Network.Similarity(distances); // N × P × H' × W'
        Tensor noise = Perturbations.Noise(inputs, _model.Architecture.Backbone.Normalisation, NoiseKind.Stability, _images);
        Tensor noisy = _model.Network.Similarity(_model.Network.Distances(_model.Latent(inputs.Plus(noise))));
        _nearest.Add(distances);
        Tensor similarities = maps.flatten(2).max(2).values;
        float[][] values = Rows(similarities, _model.Prototypes.Count), logits = Rows(_model.Network.Logits(similarities), _model.ClassNames.Count);
        for (int n = 0; n < batch.Length; n++, _images++)
        {
            int predicted = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits[n]);
            _seen.Add(_images, new(annotated[n], batch[n].ClassIndex));
            // Among the nearest of a prototype an image of an unknown class may be, but what is said of the model's classes is measured on these.
            if (batch[n].ClassIndex is not { } label) continue;
            AddEvidence(annotated[n], inputs[n], maps[n], values[n], predicted);
            _labelled++;
            if (predicted == label) _right++;
            _pointing.Add(label, annotated[n], maps[n], noisy[n]);
        }
        HashSet<int> needed = _nearest.Images();
        foreach (int image in _seen.Keys.Where(image => !needed.Contains(image)).ToArray()) _seen.Remove(image);
    }

    private void AddEvidence(AnnotatedInput image, Tensor input, Tensor maps, float[] similarities, int predicted)
    {
        bool changed = _images % _perturbOneIn == 0;
        int[] evidence = StrongEvidence.For(similarities, _model.LastLayerWeights, predicted);
        int[] strongest = changed ? StrongEvidence.MostSimilar(similarities, PerturbationMeasures.MostSimilar) : [];
        (int rows, int columns) = ((int)maps.shape[1], (int)maps.shape[2]);
        float[] cells = [.. maps.cpu().contiguous().data<float>()];
        Dictionary<int, FiringArea> areas = evidence.Union(strongest).ToArray().AsParallel()
            .ToDictionary(j => j, j => FiringArea.Of(Map(j), _side));
        _evidence.Add([.. evidence.Select(j => areas[j])], image);
        if (changed) _perturbation.Add(_images, input, similarities, Firings(evidence), Firings(strongest));

        Firing[] Firings(int[] prototypes) => [.. prototypes.Select(j => new Firing(j, areas[j].Box))];

        float[,] Map(int prototype)
        {
            float[,] map = new float[rows, columns];
            Buffer.BlockCopy(cells, prototype * map.Length * sizeof(float), map, 0, map.Length * sizeof(float));
            return map;
        }
    }

    private InterpretabilityReport Report()
    {
        IReadOnlyList<IReadOnlyList<NearPatch>> nearest = _nearest.Result(_model.Network.Similarity);
        float[,] weights = _model.LastLayerWeights;
        return new(_labelled, [.. _model.Prototypes.Select(p => new MeasuredPrototype(p, Trust(p, nearest[p.Index])))])
        {
            ImageSize = _side,
            Accuracy = (double)_right / _labelled,
            NoPart = _pointing.NoPart,
            EvidenceSize = _evidence.Size,
            DistinctPlaces = _pointing.DistinctPlaces,
            Overlap = _evidence.Overlap,
            OnObject = _evidence.OnObject,
            Deletion = _perturbation.Deletion,
            Completeness = _perturbation.Completeness,
            Continuity = _perturbation.Continuity,
            PerturbedImages = _perturbation.Images,
            DistinctPrototypes = _model.Prototypes.Count - _model.Duplicates().Sum(group => group.Count - 1),
            NonZeroWeights = weights.Cast<float>().Count(w => w != 0),
            NegativeWeights = weights.Cast<float>().Count(w => w < 0),
        };
    }

    private PrototypeTrust Trust(Prototype prototype, IReadOnlyList<NearPatch> nearest) => _pointing.Of(prototype.Index) with
    {
        PartPurity = _pointing.Purity(nearest.Select(near => (near.Map, _seen[near.Image].Input))),
        ClassPurity = nearest.Take(NearestForClasses).Where(near => _seen[near.Image].ClassIndex is not null)
            .Average(near => _seen[near.Image].ClassIndex == prototype.ClassIndex ? 1.0 : (double?)0),
    };

    private static float[][] Rows(Tensor tensor, int length) => [.. tensor.cpu().contiguous().data<float>().ToArray().Chunk(length)];

    /// <summary>What is kept of an image while it is among the nearest of a prototype.</summary>
    private sealed record SeenImage(AnnotatedInput Input, int? ClassIndex);
}
