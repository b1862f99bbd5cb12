using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>What training does with an image that cannot be decoded.</summary>
public enum UnreadableImage
{
    /// <summary>Leaves it out, logs it, and lists it in the report.</summary>
    Skip,

    /// <summary>Stops, before training starts, and says which.</summary>
    Stop,
}

/// <summary>What can be chosen for every trainer of images: columns, backbone, photographs, device.</summary>
public abstract class ImageTrainerOptions
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

    /// <summary>
    /// The convolutional backbone f: one of the seventeen, <c>Backbone.DnnResNet18</c>, or any classifier by <c>Backbone.Onnx</c>.
    /// </summary>
    public Backbone Backbone = Backbone.ResNet18;

    /// <summary>After how many stages the backbone is cut; null: all of it.</summary>
    public int? Stages;

    /// <summary>Where the backbone's weights come from; <see cref="PretrainedWeights.None"/>: its own, where it brings some.</summary>
    public PretrainedWeights Weights = PretrainedWeights.None;

    /// <summary>S: images are resized to S × S pixels.</summary>
    public int ImageSize = 224;

    /// <summary>
    /// Share of the training images, per class, that is held out for choices (λ, early stopping, temperature), from 0 to 0.5; no class loses more than
    /// half. Once the last choice is made, they help to solve for the last layer.
    /// </summary>
    public double ValidationFraction;

    /// <summary>
    /// Photographs of your own for the choices that <see cref="ValidationFraction"/> is for, in the columns of the training data; null: none.
    /// Nothing but the temperature of probabilities is ever fitted to them. Labels are matched by value, whatever their keys. Not together with
    /// <see cref="ValidationFraction"/>.
    /// </summary>
    public IDataView? ValidationSet;

    /// <summary>Everything random follows from it; null: from the seed of the <c>MLContext</c>.</summary>
    public int? Seed;

    /// <summary>Images per forward pass of the trained model.</summary>
    public int BatchSize = 32;

    /// <summary>Memory for decoded images, in MiB; what does not fit goes to a temporary file.</summary>
    public int CacheLimitMB = 1024;

    /// <summary>What to do with an image that cannot be decoded.</summary>
    public UnreadableImage OnUnreadableImage = UnreadableImage.Skip;

    /// <summary>
    /// Where to compute: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; null: as <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c> say.
    /// </summary>
    public string? Device;

    /// <summary>Told about once a second and after each epoch, on the training thread.</summary>
    public Action<TrainingProgress>? Progress;

    /// <summary>Ends training early, with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken;

    private protected ImageTrainerOptions()
    {
    }

    internal abstract ColumnNames Columns { get; }

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

    /// <summary>Checks these options.</summary>
    /// <exception cref="ArgumentException">One of them is impossible; the message names it.</exception>
    private protected void CheckShared(IExceptionContext context)
    {
        foreach ((string name, string? value) in ((string, string?)[])[
            (nameof(LabelColumnName), LabelColumnName), (nameof(ImageColumnName), ImageColumnName), (nameof(ScoreColumnName), ScoreColumnName),
            (nameof(PredictedLabelColumnName), PredictedLabelColumnName)])
            context.CheckUserArg(!string.IsNullOrEmpty(value), name, "A column needs a name.");
        Require(context, ImageSize is >= 32 and <= 4096, nameof(ImageSize), ImageSize, "be from 32 to 4096 pixels");
        Require(context, ValidationFraction is >= 0 and <= 0.5, nameof(ValidationFraction), ValidationFraction,
            "be from 0 to 0.5, so that every class keeps images to learn from");
        Require(context, BatchSize is >= 1 and <= 65536, nameof(BatchSize), BatchSize, "be from 1 to 65536");
        Require(context, CacheLimitMB >= 0, nameof(CacheLimitMB), CacheLimitMB, "be at least 0");
        context.CheckValue(Backbone, nameof(Backbone));
        context.CheckValue(Weights, nameof(Weights));
        Weights.Check(Backbone);
        context.CheckUserArg(ValidationFraction == 0 || ValidationSet is null, nameof(ValidationSet),
            "There is a validation set, and a share of the training images is to be held out too. Choose one of them.");
        context.CheckValue(ClassWeights, nameof(ClassWeights));
        if (ValidationSet is not null)
            TrainerSchema.Label(context, SchemaShape.Create(ValidationSet.Schema), Columns, Inputs, nameof(ValidationSet));
    }

    private protected static void Require(IExceptionContext context, bool holds, string name, object value, string what)
        => context.CheckUserArg(holds, name, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must {what}."));
}
