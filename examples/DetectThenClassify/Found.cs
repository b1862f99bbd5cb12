using Microsoft.ML.Data;

namespace DetectThenClassify;

/// <summary>A photograph with its class, and what the detector found in it.</summary>
internal sealed class Found
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>Corners of each detection in pixels: x0, y0, x1, y1.</summary>
    [VectorType]
    public float[] FoundBoxes { get; set; } = [];

    /// <summary>One for each detection, in [0, 1].</summary>
    [VectorType]
    public float[] Certainty { get; set; } = [];
}
