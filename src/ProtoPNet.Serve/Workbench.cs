using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Editing;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Serve;

/// <summary>How far the workbench is.</summary>
internal abstract record WorkbenchState
{
    private WorkbenchState()
    {
    }

    /// <summary>Its name, for programs.</summary>
    public abstract string Name { get; }

    /// <summary>There are no photographs to measure edits on.</summary>
    public sealed record WithoutPhotographs : WorkbenchState
    {
        /// <inheritdoc/>
        public override string Name => "without photographs";
    }

    /// <summary>Photographs are being measured.</summary>
    /// <param name="What">What is done with them.</param>
    /// <param name="Done">Photographs done.</param>
    /// <param name="All">Photographs to do; 0 while unknown.</param>
    public sealed record Measuring(string What, int Done, int All) : WorkbenchState
    {
        /// <inheritdoc/>
        public override string Name => "measuring";
    }

    /// <summary>Measuring failed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Failed(string Reason) : WorkbenchState
    {
        /// <inheritdoc/>
        public override string Name => "failed";
    }

    /// <summary>The model can be edited.</summary>
    /// <param name="Bench">What was measured.</param>
    /// <param name="History">The edits so far.</param>
    public sealed record Ready(MeasuredBench Bench, EditHistory History) : WorkbenchState
    {
        /// <inheritdoc/>
        public override string Name => "ready";
    }
}

/// <summary>What was measured of the photographs.</summary>
/// <param name="Editor">Edits the model.</param>
/// <param name="Seen">What the last layer of a saved model is solved on.</param>
/// <param name="Sets">The photographs of each set that effects are shown on, in its order.</param>
internal sealed record MeasuredBench(ModelEditor Editor, TrainingSimilarities Seen, IReadOnlyList<IReadOnlyList<AnalysedImage>> Sets);

/// <summary>
/// The model on the bench: measures photographs in the background, and then holds the history of edits. Edits are done one after the other.
/// </summary>
internal sealed class Workbench : IDisposable
{
    /// <summary>Neighbours of a prototype in the gallery.</summary>
    private const int Nearest = 6;

    private readonly ServedModel _served;
    private readonly SharedModel.Loan _loan;
    private readonly ServerOptions _options;
    private readonly Turns _turns;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<GalleryReport> _bare;
    private readonly Task _measuring;
    private volatile WorkbenchState _state;
    private volatile GalleryReport? _gallery;

    public Workbench(ServedModel served, ServerOptions options)
    {
        (_served, _options, _turns) = (served, options, new(options.Limits.Waiting));
        _loan = served.Network.Borrow();
        _bare = new(() => Gallery.Of(Model, served.Name, []));
        _state = served.Photographs is null ? new WorkbenchState.WithoutPhotographs() : new WorkbenchState.Measuring("reading the photographs", 0, 0);
        _measuring = served.Photographs is { } photographs ? Task.Run(() => Measure(photographs)) : Task.CompletedTask;
    }

    /// <summary>The model as it was loaded.</summary>
    public TrainedProtoPNet Model => _loan.Model;

    public WorkbenchState State => _state;

    /// <summary>The prototypes that count now, and their weights.</summary>
    public PrototypeHead Head => _state is WorkbenchState.Ready ready ? ready.History.Current.Head : Model.Head;

    /// <summary>The prototypes of the model as it stands, with what is known of them by now.</summary>
    public GalleryReport Prototypes()
    {
        GalleryReport all = _gallery ?? _bare.Value;
        PrototypeHead head = Head;
        Dictionary<int, GalleryEntry> entries = all.Entries.ToDictionary(entry => entry.Prototype.Index);
        return all with
        {
            Entries = [.. head.Prototypes.Select((prototype, place) => entries[prototype.Index] with
            {
                Prototype = prototype,
                Weight = head.Weights[prototype.ClassIndex, place],
                Others = OtherWeight.Of(head, place),
            })],
        };
    }

    /// <summary>Makes an edit.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The model cannot be edited, or not yet.</exception>
    public Task<WorkbenchState.Ready> Edit(ModelEdit edit, CancellationToken cancellation) => Change(
        (bench, history) => history.Current.Edits.Count < _options.Limits.Edits
            ? history.With(bench.Editor.Edit(history.Current, edit, cancellation))
            : throw new InvalidOperationException($"{_options.Limits.Edits} edits are the most at once. Save the model, and serve the new one."),
        cancellation);

    /// <summary>Takes the last edit back.</summary>
    /// <exception cref="InvalidOperationException">The model cannot be edited, or not yet.</exception>
    public Task<WorkbenchState.Ready> Undo(CancellationToken cancellation) => Change((_, history) => history.Undo(), cancellation);

    /// <summary>Makes the last edit that was taken back again.</summary>
    /// <exception cref="InvalidOperationException">The model cannot be edited, or not yet.</exception>
    public Task<WorkbenchState.Ready> Redo(CancellationToken cancellation) => Change((_, history) => history.Redo(), cancellation);

    /// <summary>The edited model as a file. Its last layer is solved on all training photographs, those held out here included.</summary>
    /// <param name="by">Who made the edits.</param>
    /// <param name="cancellation">Stops the solver.</param>
    /// <exception cref="InvalidOperationException">There is nothing to save.</exception>
    public Task<byte[]> Save(string by, CancellationToken cancellation) => _turns.Take(stop =>
    {
        WorkbenchState.Ready ready = Ready();
        ModelRevision revision = new(by, DateTimeOffset.UtcNow, ready.History.Current.Edits);
        if (revision.Edits.Count == 0) throw new InvalidOperationException("Nothing has been edited.");
        if (revision.Fault is { } fault) throw new ArgumentException(fault);
        (TrainedProtoPNet model, _) = Model.CarryOut(PruningPlan.Of(Model, revision), l1: null, ready.Bench.Seen, unseen: null, stop);
        using ProtoPNetTransformer network = _served.Network.With(model);
        using MemoryStream file = new();
        _served.Save(network, file);
        return file.ToArray();
    }, cancellation);

    /// <summary>Stops measuring and returns the model.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _measuring.Wait();
        _loan.Dispose();
        _turns.Dispose();
        _stop.Dispose();
    }

    private Task<WorkbenchState.Ready> Change(Func<MeasuredBench, EditHistory, EditHistory> change, CancellationToken cancellation)
        => _turns.Take(_ =>
        {
            WorkbenchState.Ready ready = Ready();
            WorkbenchState.Ready next = ready with { History = change(ready.Bench, ready.History) };
            _state = next;
            return next;
        }, cancellation);

    private WorkbenchState.Ready Ready() => _state switch
    {
        WorkbenchState.Ready ready => ready,
        WorkbenchState.Measuring measuring => throw new InvalidOperationException($"Not yet: {measuring.What}, {measuring.Done} of {measuring.All}."),
        WorkbenchState.Failed failed => throw new InvalidOperationException($"The photographs could not be measured: {failed.Reason}"),
        _ => throw new InvalidOperationException("Edits need the training photographs: start the server with --dataset and --data."),
    };

    private void Measure(Func<CancellationToken, ServedPhotographs> find)
    {
        try
        {
            ServedPhotographs photographs = find(_stop.Token);
            Pruner.CheckEveryClass(Model, photographs.Training);
            GlobalAnalysis analysis = GlobalAnalysis.Run(
                Model, Counted("looking for the photographs nearest to each prototype", photographs.Training), Nearest, cancellation: _stop.Token);
            _gallery = Gallery.Of(Model, _served.Name, [new("training", analysis, photographs.Training)]);
            _state = Measured(photographs);
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e)
        {
            _options.Note($"The photographs could not be measured, so that the model cannot be edited: {e.Message}");
            _state = new WorkbenchState.Failed(e.Message);
        }
    }

    private WorkbenchState.Ready Measured(ServedPhotographs photographs)
    {
        IReadOnlyList<AnalysedImage> training = photographs.Training;
        LabelledSimilarities[] views = [.. Enumerable.Range(0, _served.Views).Select(view => TrainingSimilarities.OfView(
            Model, Counted($"measuring view {view + 1} of {_served.Views} of the training photographs", training), view, _stop.Token))];
        LabelledSimilarities all = LabelledSimilarities.All(views);
        bool[] held = photographs.Validation.Count > 0 ? new bool[training.Count] : LastLayerRefit.HeldOut(views[0].Labels);
        int[] learned = [.. Enumerable.Range(0, held.Length).Where(i => !held[i])];
        int[] validating = [.. Enumerable.Range(0, held.Length).Where(i => held[i])];
        List<(PhotographSet Set, IReadOnlyList<AnalysedImage> Images)> sets = [(Set("training", training, views[0], learned))];
        if (photographs.Validation.Count > 0) sets.Add(Set("validation", photographs.Validation));
        else if (validating.Length > 0) sets.Add(Set("validation", training, views[0], validating));
        if (photographs.Test.Count > 0) sets.Add(Set("test", photographs.Test));

        _state = new WorkbenchState.Measuring("solving the last layer", 0, 0);
        LabelledSimilarities fitted = validating.Length == 0 ? all
            : all.Rows([.. Enumerable.Range(0, all.Labels.Length).Where(i => !held[i % held.Length])]);
        ModelEditor editor = new(Model, fitted, [.. sets.Select(one => one.Set)]);
        MeasuredBench bench = new(editor, new(views[0], new(all)), [.. sets.Select(one => one.Images)]);
        return new(bench, EditHistory.From(editor.Start(_stop.Token)));
    }

    private (PhotographSet, IReadOnlyList<AnalysedImage>) Set(string name, IReadOnlyList<AnalysedImage> images)
    {
        LabelledSimilarities measured = TrainingSimilarities.OfView(Model, Counted($"measuring the {name} photographs", images), 0, _stop.Token);
        return Set(name, images, measured, [.. Enumerable.Range(0, images.Count)]);
    }

    private static (PhotographSet, IReadOnlyList<AnalysedImage>) Set(
        string name, IReadOnlyList<AnalysedImage> images, LabelledSimilarities measured, int[] rows)
    {
        AnalysedImage[] some = [.. rows.Select(i => images[i])];
        return (new(name, [.. some.Select(image => image.Id)], measured.Rows(rows)), some);
    }

    /// <summary>The same photographs; each that is opened is counted in the state.</summary>
    private IReadOnlyList<AnalysedImage> Counted(string what, IReadOnlyList<AnalysedImage> images)
    {
        int done = 0;
        _state = new WorkbenchState.Measuring(what, 0, images.Count);
        return [.. images.Select(image => image with
        {
            Load = () =>
            {
                _state = new WorkbenchState.Measuring(what, Interlocked.Increment(ref done), images.Count);
                return image.Load();
            },
        })];
    }
}
