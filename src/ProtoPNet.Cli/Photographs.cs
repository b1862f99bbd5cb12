using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>A row as this tool's pipelines read it.</summary>
internal sealed class Photograph
{
    /// <summary>The current path of the file.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>Its path within the data set, which models store as the image's identity.</summary>
    public string ImageId { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>Left, top, width, height in pixels; four zeros for the whole photograph.</summary>
    [VectorType(4)]
    public float[] BoundingBox { get; set; } = new float[4];
}

/// <summary>Turns data set rows into label and image columns.</summary>
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

    /// <exception cref="DatasetException">Photographs are to be cropped to their boxes, but have none.</exception>
    public static void CheckBoxes(this ImageDataset dataset)
    {
        if (dataset.Train.All(photograph => photograph.BoundingBox.All(number => number == 0)))
            throw new DatasetException($"--crop needs bounding boxes, but '{dataset.Name}' has none. Leave --crop out.");
    }

    /// <summary>Label keys, by class name unless another order is given; pictures loaded and optionally cropped to their boxes.</summary>
    public static IEstimator<ITransformer> Preparation(
        this MLContext ml, bool crop, ValueToKeyMappingEstimator.KeyOrdinality order = ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
    {
        string? box = crop ? nameof(Photograph.BoundingBox) : null;
        return ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: order)
            .Append(ml.Transforms.LoadPhotographs("Image", imageFolder: null, nameof(Photograph.ImagePath), box));
    }
}
