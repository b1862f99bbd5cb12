namespace ProtoPNet.MLNet.Editing;

/// <summary>What edits change on a set of photographs.</summary>
/// <param name="Before">How the set is classified without the edits.</param>
/// <param name="After">How it is classified with them.</param>
internal sealed record EditEffect(SetOutcome Before, SetOutcome After)
{
    /// <summary>The effects of going from one state of a model to another, for each set of photographs.</summary>
    public static IReadOnlyList<EditEffect> Of(EditedModel before, EditedModel after)
        => [.. before.Outcomes.Zip(after.Outcomes, (one, other) => new EditEffect(one, other))];

    /// <summary>The photographs whose class changed.</summary>
    public IReadOnlyList<ChangedPhotograph> Changed => [.. Enumerable.Range(0, Before.Predicted.Count)
        .Where(i => Before.Predicted[i] != After.Predicted[i])
        .Select(i => new ChangedPhotograph(Before.Set.Ids[i], Before.Set.Similarities.Labels[i], Before.Predicted[i], After.Predicted[i]))];
}

/// <summary>A photograph that is now given another class. Classes are 0-based.</summary>
/// <param name="ImageId">The photograph.</param>
/// <param name="ClassIndex">Its true class.</param>
/// <param name="Before">The class predicted before.</param>
/// <param name="After">The class predicted now.</param>
internal sealed record ChangedPhotograph(string ImageId, int ClassIndex, int Before, int After);
