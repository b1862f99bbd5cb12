using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;

namespace ProtoPNet.MLNet;

public sealed partial class PooledImageClassifierTrainer
{
    /// <summary>Everything that can be chosen; fields of the same name mean the same as in <see cref="ProtoPNetTrainer.Options"/>.</summary>
    public sealed class Options
    {
        /// <summary>The label: a key column, as <c>MapValueToKey</c> makes.</summary>
        public string LabelColumnName = "Label";

        /// <summary>The photographs: an image column, or a vector of encoded bytes.</summary>
        public string ImageColumnName = "Image";

        /// <summary>A text column that names each image; null: a usual one where there is one.</summary>
        public string? ImageIdColumnName;

        /// <summary>A column of <see cref="float"/>: how much each image counts; null: all the same.</summary>
        public string? ExampleWeightColumnName;

        /// <summary>How much the images of each class count.</summary>
        public ClassWeights ClassWeights = ClassWeights.Equal;

        /// <summary>Output: K class probabilities.</summary>
        public string ScoreColumnName = "Score";

        /// <summary>Output: the most probable class, a key.</summary>
        public string PredictedLabelColumnName = "PredictedLabel";

        /// <summary>The convolutional backbone.</summary>
        public Backbone Backbone = Backbone.ResNet18;

        /// <summary>After how many stages the backbone is cut; null: all of it.</summary>
        public int? Stages;

        /// <summary>Where the backbone's weights come from; <see cref="PretrainedWeights.None"/>: its own, where it brings some.</summary>
        public PretrainedWeights Weights = PretrainedWeights.None;

        /// <summary>S: images are resized to S × S pixels.</summary>
        public int ImageSize = 224;

        /// <summary>How it is trained.</summary>
        public PooledSchedule Schedule = PooledSchedule.FrozenBackbone;

        /// <summary>Share of the training images, per class, held out to choose the ridge and the temperature; then the layer is solved with them.</summary>
        public double ValidationFraction;

        /// <summary>Photographs of your own for these choices; null: none. Not together with <see cref="ValidationFraction"/>.</summary>
        public IDataView? ValidationSet;

        /// <summary>Everything random follows from it; null: from the seed of the <c>MLContext</c>.</summary>
        public int? Seed;

        /// <summary>Images per forward pass of the trained model.</summary>
        public int BatchSize = 32;

        /// <summary>Memory for decoded images, in MiB; what does not fit goes to a temporary file.</summary>
        public int CacheLimitMB = 1024;

        /// <summary>What to do with an image that cannot be decoded.</summary>
        public UnreadableImage OnUnreadableImage = UnreadableImage.Skip;

        /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; null: as the <c>MLContext</c> says.</summary>
        public string? Device;

        /// <summary>Told about once a second, on the training thread.</summary>
        public Action<TrainingProgress>? Progress;

        /// <summary>Ends training early, with an <see cref="OperationCanceledException"/>.</summary>
        public CancellationToken CancellationToken;

        internal ColumnNames Columns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName);

        internal InputColumns Inputs => new(LabelColumnName, ImageIdColumnName, ExampleWeightColumnName);

        internal ReadingOptions Reading => new(ImageColumnName, Inputs)
        {
            ImageSize = ImageSize,
            CacheBytes = CacheLimitMB * (1L << 20),
            OnUnreadable = OnUnreadableImage,
            ValidationSet = ValidationSet,
            ValidationFraction = ValidationFraction,
            ClassWeights = ClassWeights,
        };

        /// <summary>The network that these options describe, for K classes.</summary>
        internal PooledArchitecture Architecture(int classes) => new() { Backbone = Backbone, Stages = Stages, ImageSize = ImageSize, Classes = classes };

        /// <summary>A copy whose values are possible.</summary>
        internal Options Checked(IExceptionContext context)
        {
            foreach ((string name, string? value) in ((string, string?)[])[
                (nameof(LabelColumnName), LabelColumnName), (nameof(ImageColumnName), ImageColumnName), (nameof(ScoreColumnName), ScoreColumnName),
                (nameof(PredictedLabelColumnName), PredictedLabelColumnName)])
                context.CheckUserArg(!string.IsNullOrEmpty(value), name, "A column needs a name.");
            context.CheckUserArg(ScoreColumnName != PredictedLabelColumnName, nameof(ScoreColumnName), "The output columns need different names.");
            Require(ImageSize is >= 32 and <= 4096, nameof(ImageSize), ImageSize, "be from 32 to 4096 pixels");
            Require(ValidationFraction is >= 0 and <= 0.5, nameof(ValidationFraction), ValidationFraction,
                "be from 0 to 0.5, so that every class keeps images to learn from");
            Require(BatchSize is >= 1 and <= 65536, nameof(BatchSize), BatchSize, "be from 1 to 65536");
            Require(CacheLimitMB >= 0, nameof(CacheLimitMB), CacheLimitMB, "be at least 0");
            context.CheckValue(Backbone, nameof(Backbone));
            context.CheckValue(Weights, nameof(Weights));
            Weights.Check(Backbone);
            context.CheckValue(Schedule, nameof(Schedule));
            if (Schedule.Fault is { } fault) throw context.ExceptUserArg(nameof(Schedule), fault);
            context.CheckUserArg(ValidationFraction == 0 || ValidationSet is null, nameof(ValidationSet),
                "There is a validation set, and a share of the training images is to be held out too. Choose one of them.");
            context.CheckValue(ClassWeights, nameof(ClassWeights));
            if (ValidationSet is not null)
                TrainerSchema.Label(context, SchemaShape.Create(ValidationSet.Schema), Columns, Inputs, nameof(ValidationSet));
            var copy = (Options)MemberwiseClone();
            copy.Architecture(2).Check();
            return copy;

            void Require(bool holds, string name, object value, string what)
                => context.CheckUserArg(holds, name, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must {what}."));
        }
    }
}
