namespace ProtoPNet.MLNet.Explanations;

/// <summary>What a prediction rests on: how many pieces of evidence, how far they overlap, whether they lie on the object.</summary>
/// <param name="side">S: the side of the network's input, in pixels.</param>
internal sealed class EvidenceMeasures(int side)
{
    private readonly RunningMean _size = new(), _overlap = new(), _onObject = new();

    public double Size => _size.Value ?? 0;

    public double? Overlap => _overlap.Value;

    public double? OnObject => _onObject.Value;

    /// <summary>Adds the evidence of the prediction for one image; the mean over its pieces counts.</summary>
    public void Add(IReadOnlyList<FiringArea> evidence, AnnotatedInput image)
    {
        _size.Add(evidence.Count);
        if (evidence.Count > 1)
            _overlap.Add(evidence.SelectMany((one, i) => evidence.Skip(i + 1).Select(other => one.Overlap(other))).Average());
        if (evidence.Count > 0 && image.ObjectBox is { } box)
            _onObject.Add(evidence.Average(one => box.ShareOf(one.Box, (double)image.Width / side, (double)image.Height / side)));
    }
}
