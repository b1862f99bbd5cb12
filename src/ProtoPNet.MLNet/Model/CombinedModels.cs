namespace ProtoPNet.MLNet.Model;

/// <summary>One of several models whose logits are summed.</summary>
/// <param name="Name">Its name among them.</param>
/// <param name="Model">The model.</param>
/// <param name="Classes">For each class of the sum, that class's number in this model.</param>
internal sealed record CombinedModel(string Name, SharedModel Model, IReadOnlyList<int> Classes)
{
    private const int Shown = 5;

    /// <summary>Matches the models' classes by name, in the order of the first.</summary>
    /// <exception cref="ArgumentException">Two models have the same name, or their classes differ; the message names the classes.</exception>
    public static IReadOnlyList<CombinedModel> Match(IReadOnlyList<(string Name, SharedModel Model)> models)
    {
        if (models.GroupBy(model => model.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"Two models are named '{twice.Key}'; give each its own name.");
        IReadOnlyList<string> classes = models[0].Model.ClassNames;
        return [.. models.Select(model =>
        {
            CheckClasses(models[0], model);
            Dictionary<string, int> numbers = model.Model.ClassNames.Index().ToDictionary(one => one.Item, one => one.Index);
            return new CombinedModel(model.Name, model.Model, [.. classes.Select(name => numbers[name])]);
        })];
    }

    /// <summary>Scores in the order of the sum's classes; one row of K.</summary>
    /// <param name="own">The same in the model's own order.</param>
    public float[] InOrder(ReadOnlySpan<float> own)
    {
        float[] scores = new float[Classes.Count];
        for (int k = 0; k < scores.Length; k++) scores[k] = own[Classes[k]];
        return scores;
    }

    private static void CheckClasses((string Name, SharedModel Model) first, (string Name, SharedModel Model) other)
    {
        string[] lacks = [.. first.Model.ClassNames.Except(other.Model.ClassNames)];
        string[] surplus = [.. other.Model.ClassNames.Except(first.Model.ClassNames)];
        if (lacks.Length + surplus.Length == 0) return;
        string[] differences =
        [
            .. lacks.Length == 0 ? Array.Empty<string>() : [$"'{other.Name}' does not know {Few(lacks)}"],
            .. surplus.Length == 0 ? Array.Empty<string>() : [$"'{first.Name}' does not know {Few(surplus)}"],
        ];
        throw new ArgumentException($"The models must have the same classes, in any order: {string.Join("; ", differences)}.");
    }

    private static string Few(string[] names)
        => string.Join(", ", names.Take(Shown).Select(name => $"'{name}'")) + (names.Length > Shown ? $" and {names.Length - Shown} more" : "");
}

/// <summary>Logits of several models as one (paper, section 2.4).</summary>
internal static class SummedLogits
{
    /// <summary>The sum of the models' logits, each of K, in the same order of classes.</summary>
    public static float[] Of(IReadOnlyList<float[]> logits)
    {
        float[] sum = new float[logits[0].Length];
        foreach (float[] one in logits)
            for (int k = 0; k < sum.Length; k++) sum[k] += one[k];
        return sum;
    }

    /// <summary>
    /// Softmax of the mean logits of the models (K, of sum 1). Of the sum it would claim more certainty than any of the models, which mostly agree.
    /// </summary>
    /// <param name="sum">The sums of the models' logits (K).</param>
    /// <param name="models">The number of models.</param>
    public static float[] Probabilities(float[] sum, int models)
    {
        double highest = sum.Max();
        double[] powers = [.. sum.Select(logit => Math.Exp((logit - highest) / models))];
        double all = powers.Sum();
        return [.. powers.Select(power => (float)(power / all))];
    }
}
