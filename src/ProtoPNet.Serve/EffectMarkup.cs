using ProtoPNet.MLNet.Editing;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Serve;

/// <summary>What the edits do, beside the gallery: figures before and after, history, saving.</summary>
internal static class EffectMarkup
{
    private const int MostPhotographs = 60;

    public static Markup Of(WorkbenchState state) => state switch
    {
        WorkbenchState.Ready { History: var history } => Ready(history),
        WorkbenchState.Measuring measuring => Markup.Of($"""
            <div data-state="measuring"><h2>Edits</h2>
            <p>Not yet: {measuring.What}{(measuring.All > 0 ? Markup.Of($", {measuring.Done} of {measuring.All}") : Markup.Empty)}.</p>
            <progress max="{Math.Max(1, measuring.All)}" value="{measuring.Done}"></progress></div>
            """),
        WorkbenchState.Failed failed => Markup.Of($"""
            <div data-state="failed"><h2>Edits</h2><p class="problem">The photographs could not be measured: {failed.Reason}</p></div>
            """),
        _ => Markup.Of($"""
            <div data-state="without"><h2>Edits</h2>
            <p>Edits need the training photographs: start the server with <code>--dataset</code> and <code>--data</code>.</p></div>
            """),
    };

    private static Markup Ready(EditHistory history)
    {
        (EditedModel before, EditedModel after) = (history.Start, history.Current);
        IReadOnlyList<EditEffect> effects = EditEffect.Of(before, after);
        return Markup.Of($"""
            <div data-state="ready">
            <h2>Edits</h2>
            <p class="buttons"><button type="button" data-post="/edits/undo" title="Ctrl+Z"{Disabled(after.Edits.Count == 0)}>Undo</button>
            <button type="button" data-post="/edits/redo" title="Ctrl+Y"{Disabled(history.Undone.Count == 0)}>Redo</button></p>
            {Table(before, after, effects)}
            {effects.Select((effect, set) => Details(effect, set, before.Head.ClassNames))}
            {History(history)}
            {Save(after)}
            </div>
            """);
    }

    private static Markup Table(EditedModel before, EditedModel after, IReadOnlyList<EditEffect> effects) => Markup.Of($"""
        <table><thead><tr><th scope="col"></th><th scope="col">before</th><th scope="col">now</th></tr></thead><tbody>
        {Row("prototypes", Markup.Of($"{before.Head.Prototypes.Count}"), Markup.Of($"{after.Head.Prototypes.Count}"))}
        {(after.Used == after.Head.Prototypes.Count ? Markup.Empty : Row("with a weight", Markup.Of($"{before.Used}"), Markup.Of($"{after.Used}")))}
        {Row("weights between classes", Markup.Of($"{before.Connections}"), Markup.Of($"{after.Connections}"))}
        {effects.Select(effect => Row(
            $"accuracy, {effect.Before.Set.Name}", Figures.Percent(effect.Before.Accuracy, "accuracy"), Figures.Percent(effect.After.Accuracy, "accuracy")))}
        {effects.Select(effect => Row(
            $"evidence size, {effect.Before.Set.Name}", Figures.Number(effect.Before.EvidenceSize, "size"), Figures.Number(effect.After.EvidenceSize, "size")))}
        </tbody></table>
        """);

    private static Markup Row(string what, Markup before, Markup after) => Markup.Of($"""
        <tr><th scope="row">{what}</th><td>{before}</td><td>{after}</td></tr>
        """);

    private static Markup Details(EditEffect effect, int set, IReadOnlyList<string> classes)
    {
        IReadOnlyList<ChangedPhotograph> changed = effect.Changed;
        IReadOnlyList<double?> before = effect.Before.OfClasses(classes.Count), after = effect.After.OfClasses(classes.Count);
        int[] different = [.. Enumerable.Range(0, classes.Count).Where(k => before[k] != after[k])];
        if (changed.Count == 0) return Markup.Of($"""<p class="quiet">No {effect.Before.Set.Name} photograph changed its class.</p>""");
        Dictionary<string, int> places = effect.Before.Set.Ids.Index().DistinctBy(one => one.Item).ToDictionary(one => one.Item, one => one.Index);
        return Markup.Of($"""
            <details><summary>{Figures.Count(changed.Count, $"{effect.Before.Set.Name} photograph", $"{effect.Before.Set.Name} photographs")} changed class</summary>
            <ul class="changed">{changed.Take(MostPhotographs).Select(one => Changed(one, $"/sets/{set}/{places[one.ImageId]}", classes))}</ul>
            {(changed.Count > MostPhotographs ? Markup.Of($"<p class=\"quiet\">and {changed.Count - MostPhotographs} more</p>") : Markup.Empty)}
            </details>
            {(different.Length == 0 ? Markup.Empty : Markup.Of($"""
            <details><summary>{Figures.Count(different.Length, "class", "classes")} more or less accurate, {effect.Before.Set.Name}</summary>
            <table><tbody>{different.Select(k => Row(classes[k], Share(before[k]), Share(after[k])))}</tbody></table></details>
            """))}
            """);
    }

    private static Markup Changed(ChangedPhotograph one, string address, IReadOnlyList<string> classes)
    {
        (string kind, string verdict) = one.After == one.ClassIndex ? ("better", "now right")
            : one.Before == one.ClassIndex ? ("worse", "now wrong")
            : ("other", $"is {classes[one.ClassIndex]}");
        return Markup.Of($"""
            <li class="{kind}"><a href="{address}">{one.ImageId}</a> {classes[one.Before]} → {classes[one.After]}, {verdict}</li>
            """);
    }

    private static Markup Share(double? share) => share is { } known ? Figures.Percent(known, "accuracy") : Markup.Of($"none");

    private static Markup History(EditHistory history) => history.Current.Edits.Count + history.Undone.Count == 0 ? Markup.Empty : Markup.Of($"""
        <h3>History</h3>
        <ol class="history">{history.Current.Edits.Select(edit => Markup.Of($"<li>{edit.ToString()}</li>"))}{history.Undone
            .Select(undone => Markup.Of($"<li class=\"undone\">{undone.Edits[^1].ToString()}</li>"))}</ol>
        """);

    private static Markup Save(EditedModel model) => model.Edits.Count == 0 ? Markup.Empty : Markup.Of($"""
        <h3>Save</h3>
        <form class="save" method="post" action="/model">
        <label>Edited by <input name="by" maxlength="200" autocomplete="name"></label>
        <button>New model</button> <a href="/edits.json" download>Edits as JSON</a>
        <p class="quiet">The new model records who made the edits, when, and what they are. Its last layer is solved once more on all training photographs,
        those held out here included.</p>
        </form>
        """);

    private static Markup Disabled(bool disabled) => disabled ? Markup.Of($" disabled") : Markup.Empty;
}
