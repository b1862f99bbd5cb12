using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;

namespace ProtoPNet.Serve;

/// <summary>The model that is served.</summary>
/// <param name="Name">Its name, for titles and file names.</param>
/// <param name="Network">The model; the caller keeps it alive.</param>
/// <param name="Save">Writes a model of the same classes as a file.</param>
internal sealed record ServedModel(string Name, ProtoPNetTransformer Network, Action<ProtoPNetTransformer, Stream> Save)
{
    /// <summary>Finds the photographs that edits are measured on; null if there are none, so that the model cannot be edited.</summary>
    public Func<CancellationToken, ServedPhotographs>? Photographs { get; init; }

    /// <summary>Views of each training photograph that the last layer is solved on, at least 1.</summary>
    public int Views { get; init; } = 5;

    /// <summary>Whether the model was trained on photographs cropped to their objects, which visitors should know.</summary>
    public bool Crops { get; init; }
}

/// <summary>The photographs that edits are measured on.</summary>
/// <param name="Training">Those that the last layer is solved on.</param>
/// <param name="Validation">Those that show whether it was right; if empty, every fifth of a class's training photographs.</param>
/// <param name="Test">Test photographs, if asked for; otherwise empty.</param>
internal sealed record ServedPhotographs(
    IReadOnlyList<AnalysedImage> Training, IReadOnlyList<AnalysedImage> Validation, IReadOnlyList<AnalysedImage> Test);
