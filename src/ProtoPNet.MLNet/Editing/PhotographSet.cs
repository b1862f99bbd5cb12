using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Editing;

/// <summary>Photographs that the effect of edits is shown on.</summary>
/// <param name="Name">Its name: training, validation, test.</param>
/// <param name="Ids">Their ids (N).</param>
/// <param name="Similarities">Their similarities to the prototypes of the model (N × P), and their classes.</param>
internal sealed record PhotographSet(string Name, IReadOnlyList<string> Ids, LabelledSimilarities Similarities);
