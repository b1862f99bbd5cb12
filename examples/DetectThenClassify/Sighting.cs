using Microsoft.ML.Data;
using ProtoPNet.Datasets;

namespace DetectThenClassify;

/// <summary>A photograph with its class, the object in it as the detector learns it, and what the detector found.</summary>
internal sealed class Sighting
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>The kind of each object.</summary>
    [VectorType]
    public string[] Objects { get; set; } = ["bird"];

    /// <summary>Left, top, width, height of each object in pixels.</summary>
    [VectorType]
    public float[] Boxes { get; set; } = [];

    /// <summary>Corners of each detection in pixels: x0, y0, x1, y1.</summary>
    [VectorType]
    public float[] FoundBoxes { get; set; } = [];

    /// <summary>One for each detection, in [0, 1].</summary>
    [VectorType]
    public float[] Certainty { get; set; } = [];

    public static Sighting Of(ImageRecord record) => new() { ImagePath = record.ImagePath, Label = record.Label, Boxes = record.BoundingBox };
}
