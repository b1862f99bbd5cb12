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

/// <summary>What training does with an image that cannot be decoded.</summary>
public enum UnreadableImage
{
    /// <summary>Leaves it out, logs it, and lists it in the report.</summary>
    Skip,

    /// <summary>Stops, before training starts, and says which.</summary>
    Stop,
}

public sealed partial class ProtoPNetTrainer
{
    /// <summary>Everything that can be chosen. The defaults are a good start.</summary>
    public sealed class Options
    {
        /// <summary>The label: a key column, as <c>MapValueToKey</c> makes.</summary>
        public string LabelColumnName = "Label";

        /// <summary>The photographs: an image column, or a vector of encoded bytes.</summary>
        public string ImageColumnName = "Image";

        /// <summary>
        /// A text column that names each image; null: <c>ImagePath</c>, <c>Path</c>, <c>FileName</c> or <c>ImageId</c> where there is one.
        /// </summary>
        public string? ImageIdColumnName;

        /// <summary>
        /// A column of <see cref="float"/>: how much each image counts in the losses and in the last layer, positive and finite; null: all the same.
        /// A weight of 2 counts like the image given twice.
        /// </summary>
        public string? ExampleWeightColumnName;

        /// <summary>How much the images of each class count, times the weights of <see cref="ExampleWeightColumnName"/>.</summary>
        public ClassWeights ClassWeights = ClassWeights.Equal;

        /// <summary>Output: K class probabilities.</summary>
        public string ScoreColumnName = "Score";

        /// <summary>Output: the most probable class, a key.</summary>
        public string PredictedLabelColumnName = "PredictedLabel";

        /// <summary>Output: P similarities, one for each prototype.</summary>
        public string SimilaritiesColumnName = "Similarities";

        /// <summary>
        /// The convolutional backbone f: one of the seventeen, <c>Backbone.DnnResNet18</c>, or any classifier by <c>Backbone.Onnx</c>.
        /// </summary>
        public Backbone Backbone = Backbone.ResNet18;

        /// <summary>After how many stages the backbone is cut; null: all of it.</summary>
        public int? Stages;

        /// <summary>Where the backbone's weights come from; <see cref="PretrainedWeights.None"/>: its own, where it brings some.</summary>
        public PretrainedWeights Weights = PretrainedWeights.None;

        /// <summary>The layers between backbone and prototypes.</summary>
        public AddOnLayers AddOnLayers = AddOnLayers.Regular;

        /// <summary>
        /// m/K: prototypes of each class; ten in the paper. Five are as accurate and point at the same part more often (docs/experiments.md).
        /// </summary>
        public int PrototypesPerClass = 5;

        /// <summary>D: channels of a prototype.</summary>
        public int PrototypeDepth = 128;

        /// <summary>Rows of a prototype, in cells of the feature map.</summary>
        public int PrototypeHeight = 1;

        /// <summary>Columns of a prototype, in cells of the feature map.</summary>
        public int PrototypeWidth = 1;

        /// <summary>Where latent patches lie: on the sphere, compared by cosine, or in the cube, compared by distance as published.</summary>
        public LatentSpace LatentSpace = LatentSpace.Sphere;

        /// <summary>How distances become similarities.</summary>
        public SimilarityFunction Similarity = SimilarityFunction.Log;

        /// <summary>
        /// Whether prototypes see only the object, as the backbone's last map shows it (Wei et al. 2017): no prototype is then a piece of
        /// background. Off in the published network.
        /// </summary>
        public bool ObjectMask = true;

        /// <summary>S: images are resized to S × S pixels.</summary>
        public int ImageSize = 224;

        /// <summary>The phases of training.</summary>
        public TrainingSchedule Schedule = TrainingSchedule.Default;

        /// <summary>
        /// Share of the training images, per class, that is held out for choices (λ, early stopping), from 0 to 0.5; no class loses more than half. Once
        /// the last choice is made, they help to solve for the last layer.
        /// </summary>
        public double ValidationFraction;

        /// <summary>
        /// Photographs of your own for the choices that <see cref="ValidationFraction"/> is for, in the columns of the training data; null: none.
        /// Nothing is ever fitted to them. Labels are matched by value, whatever their keys. Not together with
        /// <see cref="ValidationFraction"/>.
        /// </summary>
        public IDataView? ValidationSet;

        /// <summary>Everything random follows from it; null: from the seed of the <c>MLContext</c>.</summary>
        public int? Seed;

        /// <summary>Images per forward pass of the trained model.</summary>
        public int BatchSize = 32;

        /// <summary>Memory for decoded images, in MiB; what does not fit goes to a temporary file.</summary>
        public int CacheLimitMB = 1024;

        /// <summary>
        /// Memory for the backbone's features of photographs and of augmented views, which are computed once and kept, in MiB; what does not fit goes
        /// to a file.
        /// </summary>
        public int FeatureCacheMB = 1024;

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

        /// <summary>What to do with an image that cannot be decoded.</summary>
        public UnreadableImage OnUnreadableImage = UnreadableImage.Skip;

        /// <summary>
        /// Where to compute: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; null: as <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c> say.
        /// </summary>
        public string? Device;

        /// <summary>Told about once a second and after each epoch, on the training thread.</summary>
        public Action<TrainingProgress>? Progress;

        /// <summary>Told after each phase, with the model as it then is (valid during the call only).</summary>
        public Action<PhaseResult>? PhaseEnded;

        /// <summary>
        /// Where to keep a checkpoint; null: nowhere. Where the folder holds one of the same options and the same images, training goes on from it,
        /// and comes to the same model as if it had not been interrupted. It stays after the end: see <see cref="TrainingCheckpoint.Remove"/>.
        /// </summary>
        public string? CheckpointFolder;

        /// <summary>How often a checkpoint is written, besides at each phase's end and when training is cancelled.</summary>
        public TimeSpan CheckpointEvery = TimeSpan.FromMinutes(10);

        /// <summary>Ends training early, with an <see cref="OperationCanceledException"/>.</summary>
        public CancellationToken CancellationToken;

        internal ColumnNames Columns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName, SimilaritiesColumnName);

        internal ReadingOptions Reading => new(ImageColumnName, Inputs)
        {
            ImageSize = ImageSize,
            CacheBytes = CacheLimitMB * (1L << 20),
            OnUnreadable = OnUnreadableImage,
            ValidationSet = ValidationSet,
            ValidationFraction = ValidationFraction,
            ClassWeights = ClassWeights,
        };

        internal InputColumns Inputs => new(LabelColumnName, ImageIdColumnName, ExampleWeightColumnName);

        /// <summary>A copy whose values are possible.</summary>
        internal Options Checked(IExceptionContext context)
        {
            foreach ((string name, string? value) in ((string, string?)[])[
                (nameof(LabelColumnName), LabelColumnName), (nameof(ImageColumnName), ImageColumnName), (nameof(ScoreColumnName), ScoreColumnName),
                (nameof(PredictedLabelColumnName), PredictedLabelColumnName), (nameof(SimilaritiesColumnName), SimilaritiesColumnName)])
                context.CheckUserArg(!string.IsNullOrEmpty(value), name, "A column needs a name.");
            string[] outputs = [ScoreColumnName, PredictedLabelColumnName, SimilaritiesColumnName];
            context.CheckUserArg(outputs.Distinct().Count() == 3, nameof(ScoreColumnName), "The three output columns need different names.");
            Require(PrototypesPerClass is >= 1 and <= 1000, nameof(PrototypesPerClass), PrototypesPerClass, "be from 1 to 1000");
            Require(PrototypeDepth is >= 1 and <= 4096, nameof(PrototypeDepth), PrototypeDepth, "be from 1 to 4096");
            Require(PrototypeHeight >= 1, nameof(PrototypeHeight), PrototypeHeight, "be at least 1");
            Require(PrototypeWidth >= 1, nameof(PrototypeWidth), PrototypeWidth, "be at least 1");
            Require(ImageSize is >= 32 and <= 4096, nameof(ImageSize), ImageSize, "be from 32 to 4096 pixels");
            Require(ValidationFraction is >= 0 and <= 0.5, nameof(ValidationFraction), ValidationFraction,
                "be from 0 to 0.5, so that every class keeps images to learn from");
            Require(BatchSize is >= 1 and <= 65536, nameof(BatchSize), BatchSize, "be from 1 to 65536");
            Require(CacheLimitMB >= 0, nameof(CacheLimitMB), CacheLimitMB, "be at least 0");
            Require(FeatureCacheMB >= 0, nameof(FeatureCacheMB), FeatureCacheMB, "be at least 0");
            Require(FeatureDiskMB >= 0, nameof(FeatureDiskMB), FeatureDiskMB, "be at least 0");
            context.CheckUserArg(FeatureCacheFolder is not "", nameof(FeatureCacheFolder), "A folder needs a name; null keeps no features.");
            Require(CheckpointEvery >= TimeSpan.Zero, nameof(CheckpointEvery), CheckpointEvery, "be at least 0");
            context.CheckUserArg(CheckpointFolder is not "", nameof(CheckpointFolder), "A folder needs a name; null keeps no checkpoints.");
            context.CheckValue(Backbone, nameof(Backbone));
            context.CheckValue(Weights, nameof(Weights));
            Weights.Check(Backbone);
            context.CheckValue(Schedule, nameof(Schedule));
            Schedule.Check();
            context.CheckUserArg(ValidationFraction > 0 || ValidationSet is not null || !Schedule.StopsEarly, nameof(ValidationFraction),
                "A joint phase with Patience stops early by the accuracy of held-out images: hold some out, 0.1 for instance.");
            context.CheckUserArg(ValidationFraction == 0 || ValidationSet is null, nameof(ValidationSet),
                "There is a validation set, and a share of the training images is to be held out too. Choose one of them.");
            context.CheckValue(ClassWeights, nameof(ClassWeights));
            if (ValidationSet is not null)
                TrainerSchema.Label(context, SchemaShape.Create(ValidationSet.Schema), Columns, Inputs, nameof(ValidationSet));
            var copy = (Options)MemberwiseClone();
            // Says at once whether such a backbone, cut there, exists.
            copy.Architecture(2).Check();
            return copy;

            void Require(bool holds, string name, object value, string what)
                => context.CheckUserArg(holds, name, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must {what}."));
        }

        /// <summary>Options on which the trained model does not depend: a run goes on from a checkpoint whatever they are.</summary>
        internal static IReadOnlySet<string> Indifferent { get; } = new HashSet<string>
        {
            nameof(LabelColumnName), nameof(ImageColumnName), nameof(ImageIdColumnName),
            nameof(ExampleWeightColumnName), nameof(ValidationSet), nameof(ScoreColumnName), nameof(PredictedLabelColumnName),
            nameof(SimilaritiesColumnName), nameof(BatchSize), nameof(CacheLimitMB), nameof(FeatureCacheMB), nameof(FeatureDiskMB),
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
            RunOptions.AddJson(all, nameof(Schedule), JsonElement.Parse(Schedule.ToJson()));
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
            PrototypeDepth = PrototypeDepth,
            PrototypeHeight = PrototypeHeight,
            PrototypeWidth = PrototypeWidth,
            Similarity = Similarity,
            ObjectMask = ObjectMask,
            ImageSize = ImageSize,
            Classes = classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes, PrototypesPerClass),
        };
    }
}
