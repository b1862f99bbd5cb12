using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;

namespace ProtoPNet.MLNet;

public sealed partial class ProtoPNetTrainer
{
    /// <summary>Everything that can be chosen. The defaults are a good start.</summary>
    public sealed class Options : ImageTrainerOptions
    {
        /// <summary>Output: P similarities, one for each prototype.</summary>
        public string SimilaritiesColumnName = "Similarities";

        /// <summary>Output: how familiar the photograph looks; see <see cref="ProtoPNetTransformer"/>.</summary>
        public string FamiliarityColumnName = "Familiarity";

        /// <summary>The layers between backbone and prototypes.</summary>
        public AddOnLayers AddOnLayers = AddOnLayers.Regular;

        /// <summary>
        /// m/K: prototypes of each class at the start, 1 … 1000; null for ten, as in the paper, or five from <see cref="TrainingSchedule.ManyFrom"/> classes
        /// on (with <see cref="TrainingSchedule.Paper"/> always ten). A last layer with <see cref="LastLayer.OwnClassPenalty.Sparse"/> keeps those that a
        /// class needs.
        /// </summary>
        public int? PrototypesPerClass;

        /// <summary>
        /// D: channels of a prototype, 1 … 4096; null for 128, as in the paper, or 512 from <see cref="TrainingSchedule.ManyFrom"/> classes on, which 128
        /// do not tell apart as well.
        /// </summary>
        public int? PrototypeDepth;

        /// <summary>Rows of a prototype, in cells of the feature map.</summary>
        public int PrototypeHeight = 1;

        /// <summary>Columns of a prototype, in cells of the feature map.</summary>
        public int PrototypeWidth = 1;

        /// <summary>Where latent patches lie: on the sphere, compared by cosine, or in the cube, compared by distance as published.</summary>
        public LatentSpace LatentSpace = LatentSpace.Sphere;

        /// <summary>How distances become similarities; the schedule says with which ε.</summary>
        public SimilarityFunction Similarity = SimilarityFunction.Log;

        /// <summary>
        /// Whether prototypes see only the object, as the backbone's last map shows it (Wei et al. 2017): no prototype is then a piece of
        /// background. Null: yes, except with <see cref="TrainingSchedule.Paper"/>, and with random weights, whose map shows no object.
        /// </summary>
        public bool? ObjectMask;

        /// <summary>The phases of training; null: those that suit the backbone and the number of classes, see <see cref="ScheduleFor"/>.</summary>
        public TrainingSchedule? Schedule;

        /// <summary>
        /// Memory for the backbone's features of photographs and of augmented views, which are computed once and kept, in MiB; what does not fit goes
        /// to a file.
        /// </summary>
        public int FeatureCacheMB = 256;

        /// <summary>
        /// Disk space for kept features, in MiB; 1 GiB of the disk is always left free. Features that fit neither here nor in
        /// <see cref="FeatureCacheMB"/> are computed again in every epoch, and the log says so; the model is the same.
        /// </summary>
        public int FeatureDiskMB = 8192;

        /// <summary>
        /// A folder in which kept features stay after training, within <see cref="FeatureDiskMB"/>, to be reused by later runs with the same backbone,
        /// photographs and views; null: a temporary file, removed at the end. Files are named by a hash of what their features are computed from;
        /// damaged ones are computed again, and those not used for longest make room for new ones. A run on the same seed comes to the same model.
        /// </summary>
        public string? FeatureCacheFolder;

        /// <summary>Told after each phase, with the model as it then is (valid during the call only).</summary>
        public Action<PhaseResult>? PhaseEnded;

        /// <summary>
        /// Where to keep a checkpoint; null: nowhere. Where the folder holds one of the same options and the same images, training goes on from it,
        /// and comes to the same model as if it had not been interrupted. It stays after the end: see <see cref="TrainingCheckpoint.Remove"/>.
        /// </summary>
        public string? CheckpointFolder;

        /// <summary>How often a checkpoint is written, besides at each phase's end and when training is cancelled.</summary>
        public TimeSpan CheckpointEvery = TimeSpan.FromMinutes(10);

        /// <summary>The phases of training for K classes: <see cref="Schedule"/>, or what suits the backbone and the number of classes.</summary>
        /// <param name="classes">K.</param>
        public TrainingSchedule ScheduleFor(int classes) => Schedule ?? TrainingSchedule.Suiting(Weights.AreItsOwn(Backbone), classes);

        /// <summary>The number of prototypes of each class that training starts with: <see cref="PrototypesPerClass"/>, or the one that suits K classes.</summary>
        /// <param name="classes">K.</param>
        public int PrototypesFor(int classes) => PrototypesPerClass ?? (AreMany(classes) ? 5 : 10);

        /// <summary>The channels of a prototype: <see cref="PrototypeDepth"/>, or what suits K classes.</summary>
        /// <param name="classes">K.</param>
        public int DepthFor(int classes) => PrototypeDepth ?? (AreMany(classes) ? 512 : 128);

        internal override ColumnNames Columns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName, SimilaritiesColumnName, FamiliarityColumnName);

        /// <summary>Whether the defaults for many classes apply; the published recipe has none.</summary>
        private bool AreMany(int classes) => classes >= TrainingSchedule.ManyFrom && Schedule != TrainingSchedule.Paper;

        /// <summary>A copy whose values are possible.</summary>
        internal Options Checked(IExceptionContext context)
        {
            CheckShared(context);
            context.CheckUserArg(!string.IsNullOrEmpty(SimilaritiesColumnName), nameof(SimilaritiesColumnName), "A column needs a name.");
            context.CheckUserArg(!string.IsNullOrEmpty(FamiliarityColumnName), nameof(FamiliarityColumnName), "A column needs a name.");
            string[] outputs = [ScoreColumnName, PredictedLabelColumnName, SimilaritiesColumnName, FamiliarityColumnName];
            context.CheckUserArg(outputs.Distinct().Count() == 4, nameof(ScoreColumnName), "The four output columns need different names.");
            Require(context, PrototypesPerClass is null or (>= 1 and <= 1000), nameof(PrototypesPerClass), PrototypesPerClass ?? 0, "be from 1 to 1000");
            Require(context, PrototypeDepth is null or (>= 1 and <= 4096), nameof(PrototypeDepth), PrototypeDepth ?? 0, "be from 1 to 4096");
            Require(context, PrototypeHeight >= 1, nameof(PrototypeHeight), PrototypeHeight, "be at least 1");
            Require(context, PrototypeWidth >= 1, nameof(PrototypeWidth), PrototypeWidth, "be at least 1");
            Require(context, FeatureCacheMB >= 0, nameof(FeatureCacheMB), FeatureCacheMB, "be at least 0");
            Require(context, FeatureDiskMB >= 0, nameof(FeatureDiskMB), FeatureDiskMB, "be at least 0");
            context.CheckUserArg(FeatureCacheFolder is not "", nameof(FeatureCacheFolder), "A folder needs a name; null keeps no features.");
            Require(context, CheckpointEvery >= TimeSpan.Zero, nameof(CheckpointEvery), CheckpointEvery, "be at least 0");
            context.CheckUserArg(CheckpointFolder is not "", nameof(CheckpointFolder), "A folder needs a name; null keeps no checkpoints.");
            Schedule?.Check();
            context.CheckUserArg(ValidationFraction > 0 || ValidationSet is not null || Schedule is not { StopsEarly: true }, nameof(ValidationFraction),
                "A joint phase with Patience stops early by the accuracy of held-out images: hold some out, 0.1 for instance.");
            var copy = (Options)MemberwiseClone();
            // Says at once whether such a backbone, cut there, exists.
            copy.Architecture(2).Check();
            return copy;
        }

        /// <summary>Options on which the trained model does not depend: a run goes on from a checkpoint whatever they are.</summary>
        internal static IReadOnlySet<string> Indifferent { get; } = new HashSet<string>
        {
            nameof(LabelColumnName), nameof(ImageColumnName), nameof(ImageIdColumnName),
            nameof(ExampleWeightColumnName), nameof(ValidationSet), nameof(ScoreColumnName), nameof(PredictedLabelColumnName),
            nameof(SimilaritiesColumnName), nameof(FamiliarityColumnName), nameof(BatchSize), nameof(CacheLimitMB), nameof(FeatureCacheMB), nameof(FeatureDiskMB),
            nameof(FeatureCacheFolder), nameof(OnUnreadableImage), nameof(Device), nameof(Progress),
            nameof(PhaseEnded), nameof(CheckpointFolder), nameof(CheckpointEvery), nameof(CancellationToken),
        };

        /// <summary>All other options, and the classes, by name.</summary>
        internal IReadOnlyDictionary<string, string> Fingerprint(ulong seed, IReadOnlyList<string> classNames)
        {
            var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (FieldInfo field in typeof(Options).GetFields().Where(f => !Indifferent.Contains(f.Name)))
                all[field.Name] = Convert.ToString(field.GetValue(this), CultureInfo.InvariantCulture) ?? "none";
            all[nameof(Backbone)] = Backbone.Identity;
            all.Remove(nameof(Schedule));
            RunOptions.AddJson(all, nameof(Schedule), JsonElement.Parse(ScheduleFor(classNames.Count).ToJson()));
            all[nameof(PrototypesPerClass)] = PrototypesFor(classNames.Count).ToString(CultureInfo.InvariantCulture);
            all[nameof(PrototypeDepth)] = DepthFor(classNames.Count).ToString(CultureInfo.InvariantCulture);
            all[nameof(Seed)] = seed.ToString(CultureInfo.InvariantCulture);
            for (int k = 0; k < classNames.Count; k++) all[$"class {k + 1}"] = classNames[k];
            return all;
        }

        /// <summary>The network that these options describe, for K classes.</summary>
        internal NetworkArchitecture Architecture(int classes) => new()
        {
            Backbone = Backbone,
            Stages = Stages,
            AddOnLayers = AddOnLayers,
            LatentSpace = LatentSpace,
            PrototypeDepth = DepthFor(classes),
            PrototypeHeight = PrototypeHeight,
            PrototypeWidth = PrototypeWidth,
            Similarity = Similarity,
            Epsilon = ScheduleFor(classes).Epsilon,
            ObjectMask = ObjectMask ?? (Schedule != TrainingSchedule.Paper && !Weights.AreRandom(Backbone)),
            ImageSize = ImageSize,
            Classes = classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes, PrototypesFor(classes)),
        };
    }
}
