namespace ProtoPNet.MLNet;

/// <summary>The columns of a data view, besides the model's image column, that explanations are measured on.</summary>
public sealed record InterpretabilityColumns
{
    /// <summary>
    /// Labels: a key, whose values are matched with the model's classes by name. Photographs without a known class count only among those nearest to
    /// prototypes.
    /// </summary>
    public string Label { get; init; } = "Label";

    /// <summary>Annotated parts; null if there are none: what takes them is then not measured.</summary>
    public PartColumn? Parts { get; init; }

    /// <summary>
    /// Boxes around the objects: vectors of 4 <see cref="float"/>, left, top, width, height in pixels of the photograph in the image column; four zeros
    /// where unknown. Null if there are none, or if photographs are cropped to them.
    /// </summary>
    public string? ObjectBox { get; init; }
}

/// <summary>A column of part locations.</summary>
/// <param name="Name">
/// The column: vectors of 2 × Q <see cref="float"/>, for each part its x (column) and y (row) in pixels of the photograph in the image column; NaN where
/// the part is not visible.
/// </param>
/// <param name="PartNames">The names of the Q parts: crown, left wing.</param>
public sealed record PartColumn(string Name, IReadOnlyList<string> PartNames)
{
    /// <summary>
    /// The column of boxes that <c>LoadPhotographs</c> crops to. Part locations then refer to the whole upright photograph and are moved with the crop.
    /// </summary>
    public string? CroppedTo { get; init; }
}
