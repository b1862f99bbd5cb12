namespace ProtoPNet.MLNet.Model;

/// <summary>
/// How familiar the training images look, each by those prototypes of its class that are patches of other images: what the familiarity of a photograph is to
/// be compared with.
/// </summary>
/// <param name="Low">One image in twenty has less.</param>
/// <param name="Median">Half of the images have less.</param>
public sealed record UsualFamiliarity(float Low, float Median)
{
    /// <summary>Of the familiarities of images; null if there are none.</summary>
    internal static UsualFamiliarity? Of(IEnumerable<float> images)
    {
        float[] sorted = [.. images.Order()];
        return sorted.Length == 0 ? null : new(sorted[sorted.Length / 20], sorted[sorted.Length / 2]);
    }

    /// <summary>Whether both are numbers, in this order.</summary>
    internal bool IsPossible => float.IsFinite(Low) && float.IsFinite(Median) && Low <= Median;
}
