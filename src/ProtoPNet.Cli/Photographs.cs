using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>A row as pipelines of this tool read it.</summary>
internal sealed class Photograph
{
    /// <summary>Where the file lies now.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>Its path inside the data set: what models remember it by.</summary>
    public string ImageId { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>Left, top, width, height in pixels; four zeros where nobody has said.</summary>
    [VectorType(4)]
    public float[] BoundingBox { get; set; } = new float[4];
}

/// <summary>From rows of a data set to labels and pictures in columns.</summary>
internal static class Photographs
{
    public static IDataView Rows(this MLContext ml, ImageDataset dataset, IReadOnlyList<ImageRecord> records)
        => ml.Data.LoadFromEnumerable(records.Select(r => new Photograph
        {
            ImagePath = Path.GetFullPath(dataset.PathOf(r)),
            ImageId = r.ImagePath,
            Label = r.Label,
            BoundingBox = r.BoundingBox,
        }).ToList());

    /// <summary>Keys in order of the classes' names, or as told; pictures loaded and, if wanted, cropped to their boxes.</summary>
    public static IEstimator<ITransformer> Preparation(
        this MLContext ml, bool crop, ValueToKeyMappingEstimator.KeyOrdinality order = ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
    {
        string? box = crop ? nameof(Photograph.BoundingBox) : null;
        return ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: order)
            .Append(ml.Transforms.LoadPhotographs("Image", imageFolder: null, nameof(Photograph.ImagePath), box));
    }
}
