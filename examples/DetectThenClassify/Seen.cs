using Microsoft.ML.Data;
using ProtoPNet.Datasets;

namespace DetectThenClassify;

/// <summary>A photograph with its class, and the objects in it as the detector learns them.</summary>
internal sealed class Seen
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";

    [VectorType]
    public string[] Objects { get; set; } = [];

    [VectorType]
    public float[] Boxes { get; set; } = [];

    public static Seen Of(ImageRecord record)
        => new() { ImagePath = record.ImagePath, Label = record.Label, Objects = ["bird"], Boxes = record.BoundingBox };
}
