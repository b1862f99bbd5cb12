using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>A photograph to analyse, decoded only when its turn comes.</summary>
/// <param name="Id">Its id, as the training data have it: its path where one is known, otherwise <c>row N</c>.</param>
/// <param name="ClassIndex">Its class, 0-based; null where it is not known.</param>
/// <param name="Load">Decodes it; called on any thread, at most once a pass.</param>
public sealed record AnalysedImage(string Id, int? ClassIndex, Func<RgbImage> Load);
