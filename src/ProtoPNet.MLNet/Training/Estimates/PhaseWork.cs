namespace ProtoPNet.MLNet.Training.Estimates;

/// <summary>A kind of work, counted in views.</summary>
internal enum WorkKind
{
    /// <summary>Rendering a view and computing its features by the fast copy of the backbone.</summary>
    Features,

    /// <summary>The forward and backward pass through the backbone's learning stages.</summary>
    BackboneStep,

    /// <summary>The forward and backward pass through everything behind the backbone.</summary>
    HeadStep,

    /// <summary>The forward pass through everything behind the backbone.</summary>
    HeadPass,
}

/// <summary>Work of one kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="FrozenStages">The leading stages that steps of the backbone leave out; 0 for other kinds.</param>
internal readonly record struct ViewWork(WorkKind Kind, int FrozenStages = 0);

/// <summary>The work of a phase: views for each kind.</summary>
/// <param name="Name">The phase's name.</param>
/// <param name="Views">The number of views.</param>
/// <param name="IsWhole">Whether nothing else takes time.</param>
internal sealed record PhaseWork(string Name, IReadOnlyDictionary<ViewWork, long> Views, bool IsWhole = true)
{
    public const string Preparation = "preparation";

    /// <summary>
    /// The work of the preparation and of each phase. Features are computed once as long as the backbone stands still, if the space for them
    /// suffices, as is assumed; early stopping is not foreseen.
    /// </summary>
    /// <param name="schedule">The phases.</param>
    /// <param name="images">Training images.</param>
    /// <param name="heldOut">Images held out.</param>
    /// <param name="frozenStages">The number of frozen leading stages of a joint phase.</param>
    public static IReadOnlyList<PhaseWork> Of(TrainingSchedule schedule, int images, int heldOut, Func<Joint, int> frozenStages)
    {
        var counting = new Counting(schedule, images, heldOut, frozenStages);
        bool places = schedule.PrototypeStart == PrototypeStart.OwnClassPatches;
        var work = new List<PhaseWork> { counting.Preparation(places && schedule.Phases[0] is not Steadying) };
        for (int i = 0; i < schedule.Phases.Count; i++)
            work.Add(counting.Phase(schedule.Phases[i], places && schedule.Phases.Take(i + 1).All(phase => phase is Steadying)));
        return work;
    }

    /// <summary>Goes through a schedule and remembers which features are kept.</summary>
    private sealed class Counting(TrainingSchedule schedule, long images, long heldOut, Func<Joint, int> frozenStages)
    {
        private readonly Dictionary<ViewWork, long> _views = [];
        private bool _wholeKept;
        private int _viewsKept;

        public PhaseWork Preparation(bool places)
        {
            if (places) Whole(images);
            return Taken(PhaseWork.Preparation, true);
        }

        public PhaseWork Phase(TrainingPhase phase, bool places)
        {
            switch (phase)
            {
                case Steadying steadying:
                    long seen = Math.Min(steadying.Epochs * images * steadying.Views, steadying.MostViews);
                    Add(WorkKind.Features, seen);
                    Add(WorkKind.BackboneStep, seen);
                    BackboneMoved();
                    if (places) Whole(images);
                    break;
                case EpochPhase epochs:
                    Learn(epochs);
                    break;
                case Projection or PrototypePruning:
                    Whole(images);
                    Add(WorkKind.HeadPass, images + heldOut);
                    break;
                case SteadinessPruning steady:
                    long judged = Math.Min(images, Math.Max(1, steady.MostViews / steady.Copies));
                    Whole(images);
                    Add(WorkKind.Features, judged * steady.Copies);
                    Add(WorkKind.HeadPass, judged * (1 + steady.Copies) + heldOut);
                    break;
                case LastLayerFit fit:
                    Whole(images);
                    Shared(fit.Views - 1);
                    Add(WorkKind.HeadPass, images * fit.Views + heldOut);
                    break;
            }
            return Taken(phase.Name, phase is not LastLayerFit);
        }

        private void Learn(EpochPhase phase)
        {
            long perEpoch = images * phase.Views;
            bool follows = schedule.BatchNorm == BatchNormMode.Drift && phase is not AnchoredTuning;
            if (phase is Joint joint)
            {
                int frozen = frozenStages(joint);
                bool follow = follows || schedule.BatchNorm == BatchNormMode.Follow;
                if (frozen > 0) Add(WorkKind.Features, joint.Epochs > 1 && !follow ? perEpoch : perEpoch * joint.Epochs);
                Add(WorkKind.BackboneStep, perEpoch * joint.Epochs, frozen);
                Add(WorkKind.Features, (heldOut + (joint.Patience is null ? 0 : images)) * joint.Epochs);
                BackboneMoved();
            }
            else if (phase is WarmUp or AnchoredTuning && !follows)
            {
                Shared(phase.Views);
            }
            else
            {
                Add(WorkKind.Features, perEpoch * phase.Epochs);
            }
            Add(WorkKind.HeadStep, perEpoch * phase.Epochs);
            Add(WorkKind.HeadPass, heldOut * phase.Epochs);
        }

        private void BackboneMoved() => (_wholeKept, _viewsKept) = (false, 0);

        private void Whole(long count)
        {
            if (!_wholeKept) Add(WorkKind.Features, count);
            _wholeKept = true;
        }

        private void Shared(int views)
        {
            if (views > _viewsKept) Add(WorkKind.Features, images * (views - _viewsKept));
            _viewsKept = Math.Max(_viewsKept, views);
        }

        private void Add(WorkKind kind, long views, int frozen = 0)
        {
            if (views > 0) _views[new(kind, frozen)] = _views.GetValueOrDefault(new(kind, frozen)) + views;
        }

        private PhaseWork Taken(string name, bool isWhole)
        {
            var work = new PhaseWork(name, new Dictionary<ViewWork, long>(_views), isWhole);
            _views.Clear();
            return work;
        }
    }
}
