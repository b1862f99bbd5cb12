using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>What edits make of a model's prototypes. Immutable: each edit gives the next.</summary>
internal sealed class EditedPrototypes
{
    private readonly TrainedProtoPNet _model;
    private readonly Dictionary<int, PruningReason> _gone;
    private readonly Dictionary<int, string?> _words;
    private readonly Dictionary<int, int[]> _groups;

    private EditedPrototypes(
        TrainedProtoPNet model, Dictionary<int, PruningReason> gone, Dictionary<int, string?> words, Dictionary<int, int[]> groups)
        => (_model, _gone, _words, _groups) = (model, gone, words, groups);

    /// <summary>The prototypes of a model as they are.</summary>
    public static EditedPrototypes Of(TrainedProtoPNet model)
        => new(model, [], [], Enumerable.Range(0, model.Prototypes.Count).ToDictionary(j => j, j => new[] { j }));

    /// <summary>The prototypes after a list of edits.</summary>
    /// <exception cref="ArgumentException">An edit does not fit; the message says which and why.</exception>
    public static EditedPrototypes Of(TrainedProtoPNet model, IReadOnlyList<ModelEdit> edits)
    {
        EditedPrototypes result = Of(model);
        foreach ((int i, ModelEdit edit) in edits.Index())
            try
            {
                result = result.With(edit);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"Edit {i + 1} of {edits.Count} does not fit the model: {e.Message}", e);
            }
        return result;
    }

    /// <summary>The old indices of those that stay, by their first; each with those merged into it.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups => [.. _groups.OrderBy(group => group.Key).Select(group => group.Value)];

    /// <summary>Why the others leave, by old index.</summary>
    public IReadOnlyDictionary<int, PruningReason> Gone => _gone;

    /// <summary>A prototype of the model with the words that it has by now.</summary>
    public Prototype Named(int prototype)
        => _words.TryGetValue(prototype, out string? words) ? _model.Prototypes[prototype] with { Words = words } : _model.Prototypes[prototype];

    /// <summary>The prototypes after one more edit.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says why.</exception>
    public EditedPrototypes With(ModelEdit edit)
    {
        if (edit.Fault is { } fault) throw new ArgumentException(Sentence(fault));
        return edit switch
        {
            ModelEdit.StrikeOut(string name) => Without([Here(name)], new PruningReason.Chosen()),
            ModelEdit.Forbid(string imageId, PixelBox region) => Without([.. PatchesIn(imageId, region)], new PruningReason.Forbidden(imageId)),
            ModelEdit.Merge(string name, string into) => Merged(Here(name), Here(into)),
            ModelEdit.Rename { Prototype: var name, Words: var words } => Called(Here(name), words),
            _ => throw new ArgumentException($"An edit of the kind {edit.GetType().Name} is unknown."),
        };
    }

    private EditedPrototypes Without(int[] prototypes, PruningReason reason)
    {
        string[] emptied = [.. prototypes.Select(j => _model.Prototypes[j].ClassName).Distinct()
            .Where(name => _groups.Keys.Except(prototypes).All(j => _model.Prototypes[j].ClassName != name))];
        if (emptied.Length > 0)
            throw new ArgumentException(
                $"'{string.Join("', '", emptied)}' would be left without prototypes. Keep at least one of every class.");
        Dictionary<int, PruningReason> gone = new(_gone);
        foreach (int j in prototypes) gone[j] = reason;
        return new(_model, gone, _words, _groups.Where(group => !prototypes.Contains(group.Key)).ToDictionary());
    }

    private EditedPrototypes Merged(int prototype, int into)
    {
        (Prototype one, Prototype other) = (_model.Prototypes[prototype], _model.Prototypes[into]);
        if (one.ClassIndex != other.ClassIndex)
            throw new ArgumentException($"'{one.Name}' and '{other.Name}' are of different classes; only prototypes of one class can be merged.");
        Dictionary<int, int[]> groups = _groups.Where(group => group.Key != prototype).ToDictionary();
        groups[into] = [.. _groups[into], .. _groups[prototype]];
        return new(_model, new(_gone) { [prototype] = new PruningReason.MergedInto(other) }, _words, groups);
    }

    private EditedPrototypes Called(int prototype, string? words) => new(_model, _gone, new(_words) { [prototype] = words }, _groups);

    private IEnumerable<int> PatchesIn(string imageId, PixelBox region)
    {
        ReceptiveField field = ReceptiveField.Of(_model.Architecture);
        if (region.Bottom > field.ImageSize || region.Right > field.ImageSize)
            throw new ArgumentException($"The region {region} is not within the network's input of {field.ImageSize} × {field.ImageSize} pixels.");
        return _groups.Keys.Where(j => _model.Prototypes[j].Source is { } source && source.ImageId == imageId
            && field.CentreLiesIn(region, source.CellRow, source.CellColumn));
    }

    private int Here(string name)
    {
        Prototype[] found = [.. _model.Prototypes.Where(prototype => prototype.Name == name)];
        if (found.Length != 1) throw new ArgumentException($"The model has {(found.Length == 0 ? "no" : "more than one")} prototype '{name}'.");
        int index = found[0].Index;
        return _gone.TryGetValue(index, out PruningReason? reason)
            ? throw new ArgumentException($"'{name}' has left already: {reason}.")
            : index;
    }

    private static string Sentence(string fault) => char.ToUpperInvariant(fault[0]) + fault[1..];
}
