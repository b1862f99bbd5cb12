namespace ProtoPNet.MLNet.Explanations;

/// <summary>An annotated, visible part of the object on a photograph.</summary>
/// <param name="Name">The part: crown, left wing.</param>
/// <param name="X">Column, in pixels of the photograph as it is analysed.</param>
/// <param name="Y">Row, in pixels of the photograph as it is analysed.</param>
public sealed record PartPlace(string Name, float X, float Y);
