using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A prototype measured against its recorded patch.</summary>
/// <param name="Prototype">The prototype.</param>
/// <param name="Distance">Squared distance to the patch at its recorded place; null if its image was not given.</param>
/// <param name="OnObject">
/// Whether that place lies on the object; null if its image was not given, or the network has no object mask.
/// </param>
public sealed record InspectedPrototype(Prototype Prototype, double? Distance, bool? OnObject = null);

/// <summary>
/// The check of the invariants of a model: prototypes are real patches of training images, on the object if the network has an object mask, and
/// contributions sum to logits.
/// </summary>
/// <param name="Prototypes">Every prototype, measured again.</param>
/// <param name="Images">The number of images on which the sums were checked.</param>
/// <param name="LargestSumError">The largest difference between a logit and the sum of its contributions, over all images and classes.</param>
public sealed record Inspection(IReadOnlyList<InspectedPrototype> Prototypes, int Images, double LargestSumError)
{
    /// <summary>The largest squared distance at which a prototype counts as its patch.</summary>
    public const double DistanceTolerance = PatchCheck.Tolerance;

    /// <summary>The largest error of a sum that counts as rounding.</summary>
    public const double SumTolerance = 1e-4;

    /// <summary>Prototypes that are not their patch.</summary>
    public IEnumerable<InspectedPrototype> Moved
        => Prototypes.Where(measured => measured.Distance is { } distance && !(distance <= DistanceTolerance));

    /// <summary>Prototypes whose patch does not lie on the object.</summary>
    public IEnumerable<InspectedPrototype> OffObject => Prototypes.Where(measured => measured.OnObject == false);

    /// <summary>Prototypes that could not be measured: they have no recorded source, or its image was not given.</summary>
    public IEnumerable<InspectedPrototype> NotMeasured => Prototypes.Where(measured => measured.Distance is null);

    /// <summary>Whether every prototype was measured and is its patch, and all sums are correct.</summary>
    public bool Passed => Prototypes.All(measured => measured.Distance <= DistanceTolerance && measured.OnObject != false)
        && LargestSumError <= SumTolerance;

    /// <summary>Runs the check.</summary>
    /// <param name="model">The model.</param>
    /// <param name="trainingImages">
    /// The training images, with the ids of the prototypes' sources; images without a prototype are not decoded.
    /// </param>
    /// <param name="images">Images to check sums on.</param>
    /// <param name="cancellation">Stops between batches.</param>
    internal static Inspection Run(
        TrainedProtoPNet model, IEnumerable<AnalysedImage> trainingImages, IEnumerable<AnalysedImage> images,
        CancellationToken cancellation = default)
    {
        double?[] distances = new double?[model.Prototypes.Count];
        bool?[] onObject = new bool?[model.Prototypes.Count];
        ILookup<string, Prototype> bySource = model.Prototypes.Where(prototype => prototype.Source is not null)
            .ToLookup(prototype => prototype.Source!.ImageId);
        InputBatches.ForEach(model, trainingImages.Where(image => bySource.Contains(image.Id)), (batch, inputs) =>
        {
            LatentMap latent = model.Latent(inputs);
            for (int n = 0; n < batch.Length; n++)
                foreach (Prototype prototype in bySource[batch[n].Id])
                {
                    // If several images have the id, one match is enough.
                    double distance = ToPatch(model, latent.Values[n], prototype);
                    if (distance >= distances[prototype.Index]) continue;
                    distances[prototype.Index] = distance;
                    onObject[prototype.Index] = latent.OnObject?[n, 0, prototype.Source!.CellRow, prototype.Source.CellColumn].item<bool>();
                }
        }, cancellation);

        int count = 0;
        double error = 0;
        InputBatches.ForEach(model, images, (batch, inputs) =>
        {
            count += batch.Length;
            error = Math.Max(error, SumError(model, inputs));
        }, cancellation);
        return new([.. model.Prototypes.Select(prototype => new InspectedPrototype(
            prototype, distances[prototype.Index], onObject[prototype.Index]))], count, error);
    }

    private static double ToPatch(TrainedProtoPNet model, Tensor latent, Prototype prototype)
    {
        Tensor vector = model.Network.PrototypeVectors[prototype.Index];
        PrototypeSource source = prototype.Source!;
        Tensor patch = latent.narrow(1, source.CellRow, vector.shape[1]).narrow(2, source.CellColumn, vector.shape[2]);
        return PatchCheck.Distance(patch, vector);
    }

    /// <summary>The largest difference between the network's logits and sums of the similarities in double precision.</summary>
    private static double SumError(TrainedProtoPNet model, Tensor inputs)
    {
        NetworkOutput output = model.Network.Classify(model.Latent(inputs));
        Tensor sums = output.Similarities.to(ScalarType.Float64).matmul(model.Network.LastLayer.to(ScalarType.Float64).t());
        return (sums - output.Logits).abs().max().item<double>();
    }
}
