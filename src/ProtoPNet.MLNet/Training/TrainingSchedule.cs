using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Training;

/// <summary>What happens to the running statistics of batch normalisation in layers that stand still.</summary>
public enum BatchNormMode
{
    /// <summary>They stand still, always; a pretrained backbone keeps its statistics.</summary>
    Frozen,

    /// <summary>They follow the batches while any layer of the backbone is trained, and stand still otherwise.</summary>
    Follow,

    /// <summary>They follow the batches in every phase, also where the backbone is frozen: the published behaviour, for comparisons.</summary>
    Drift,
}

/// <summary>The numbers that the backbone computes with while it is trained.</summary>
public enum TrainingPrecision
{
    /// <summary>32 bits throughout.</summary>
    Full,

    /// <summary>
    /// Activations of 16 bits (bfloat16), weights, gradients of weights and optimiser of 32: half the memory for activations, and faster where the
    /// processor has such arithmetic (NVIDIA from Ampere on). Add-on layers, prototypes and all that is measured or projected stay at 32 bits.
    /// </summary>
    BFloat16,
}

/// <summary>Where prototypes start.</summary>
public enum PrototypeStart
{
    /// <summary>On latent patches of training images of their own class, spread by k-means++.</summary>
    OwnClassPatches,

    /// <summary>Uniform in [0, 1), as published.</summary>
    Random,
}

/// <summary>Coefficients of the training loss (paper, equation 1 and section 2.2).</summary>
/// <param name="CrossEntropy">Of the cross entropy.</param>
/// <param name="Cluster">Of the mean squared distance to the nearest prototype of the own class.</param>
/// <param name="Separation">Of the mean squared distance to the nearest prototype of another class; negative, so that distance is rewarded.</param>
/// <param name="L1">Of the last layer's weights between classes; matters only where the last layer is stepped.</param>
/// <param name="LabelSmoothing">Probability mass spread over all classes, in [0, 1).</param>
/// <param name="Temperature">
/// What logits are divided by in the cross entropy, above 0. Above 1, photographs that are right already go on teaching: similarities sum up to
/// logits so large that the published loss (temperature 1) vanishes early.
/// </param>
public sealed record LossWeights(
    double CrossEntropy = 1, double Cluster = 0.8, double Separation = -0.08, double L1 = 1e-4, double LabelSmoothing = 0, double Temperature = 1)
{
    internal string? Fault
        => LabelSmoothing is not (>= 0 and < 1) ? $"{nameof(LabelSmoothing)} is {LabelSmoothing}; it must be in [0, 1)."
        : Temperature is not (> 0 and < double.PositiveInfinity) ? $"{nameof(Temperature)} is {Temperature}; it must be above 0 and finite."
        : null;
}

/// <summary>The phases of training and what they share. A value: printable, comparable, readable from JSON.</summary>
public sealed record TrainingSchedule
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>The phases, in order.</summary>
    public required IReadOnlyList<TrainingPhase> Phases { get; init; }

    /// <summary>Coefficients of the loss, where a phase has none of its own.</summary>
    public LossWeights Loss { get; init; } = new();

    /// <summary>What happens to batch-norm statistics.</summary>
    public BatchNormMode BatchNorm { get; init; } = BatchNormMode.Frozen;

    /// <summary>What gradient phases compute the backbone in.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Full;

    /// <summary>Where prototypes start.</summary>
    public PrototypeStart PrototypeStart { get; init; } = PrototypeStart.OwnClassPatches;

    /// <summary>How views are made from training images.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.Paper;

    /// <summary>
    /// Ours, for pretrained backbones: batch norm and first stages frozen, their features kept, a loss that does not vanish early, prototypes tuned
    /// on their patches, a solved last layer. Its figures are in the documentation of training.
    /// </summary>
    public static TrainingSchedule Default { get; } = new()
    {
        Phases =
        [
            new WarmUp(12) { Views = 6, BatchSize = 90, Decay = new RateDecay.Cosine() },
            new Joint(5) { FrozenStages = 2, Views = 8, BatchSize = 30, AddOnRate = 1e-3, PrototypeRate = 1e-3, Decay = new RateDecay.Cosine() },
            new Projection(),
            new AnchoredTuning(10) { Views = 5, BatchSize = 90, Decay = new RateDecay.Cosine(), Loss = new(LabelSmoothing: 0.1) },
            new Projection(),
            new LastLayer(3e-3) { Views = 5, Choice = new L1Choice.ByValidation(1e-2, 1e-4, 9) },
        ],
        Loss = new(LabelSmoothing: 0.1, Temperature: 3),
    };

    /// <summary>
    /// The published recipe: thirty views of each image, projections after 11, 21 and 31 epochs, by when its rates have fallen to nothing. Batch
    /// norms stand still where the backbone does; with <see cref="BatchNormMode.Drift"/> they move as in the published code, and prototypes then
    /// stop being patches. A schedule says nothing of the network: for the published one choose <see cref="Network.LatentSpace.Cube"/>, too.
    /// </summary>
    public static TrainingSchedule Paper { get; } = new()
    {
        BatchNorm = BatchNormMode.Follow,
        PrototypeStart = PrototypeStart.Random,
        Phases =
        [
            new WarmUp(5) { Views = 30 },
            PublishedJoint(6), new Projection(), new SteppedLastLayer(20) { Views = 30 },
            PublishedJoint(10), new Projection(), new SteppedLastLayer(20) { Views = 30 },
            PublishedJoint(10), new Projection(), new SteppedLastLayer(20) { Views = 30 },
        ],
    };

    /// <summary>A schedule from its JSON form.</summary>
    /// <exception cref="FormatException">The text is no schedule; the message says where.</exception>
    public static TrainingSchedule FromJson(string json)
    {
        try
        {
            TrainingSchedule schedule = JsonSerializer.Deserialize<TrainingSchedule>(json, Json)
                ?? throw new FormatException("The schedule is empty.");
            schedule.Check();
            return schedule;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new FormatException($"This is no training schedule: {e.Message}", e);
        }
    }

    /// <summary>The schedule as JSON, such as <see cref="FromJson"/> reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Checks what can be checked before the first epoch.</summary>
    /// <exception cref="ArgumentException">A phase has impossible settings, or stands in an impossible place.</exception>
    public void Check()
    {
        if (Phases is null || Phases.Count == 0) throw new ArgumentException("A schedule needs at least one phase.");
        for (int i = 0; i < Phases.Count; i++)
            if (Phases[i].Fault is { } fault) throw new ArgumentException($"Phase {i + 1} ({Phases[i].Name}): {fault}");

        int lastMove = LastIndex(p => p is GradientPhase { Epochs: > 0 }), lastProjection = LastIndex(p => p is Projection);
        if (lastProjection < 0)
            throw new ArgumentException(
                "The schedule has no Projection; without one, prototypes are no parts of training images. Add new Projection().");
        if (lastMove > lastProjection)
            throw new ArgumentException(
                $"Phase {lastMove + 1} ({Phases[lastMove].Name}) moves prototypes away from their images after the last projection "
                + $"(phase {lastProjection + 1}). Add a Projection after it.");
        CheckAnchors();
        int firstPruning = Phases.ToList().FindIndex(p => p is Pruning), firstProjection = Phases.ToList().FindIndex(p => p is Projection);
        if (firstPruning >= 0 && firstPruning < firstProjection)
            throw new ArgumentException($"Phase {firstPruning + 1} (pruning) judges prototypes by their patches: a Projection must come before it.");
        if (Loss.Fault is { } wrong) throw new ArgumentException(wrong);
    }

    /// <summary>The place of the last phase that chooses by held-out images, from 0; −1 if none does.</summary>
    internal int LastChoice => LastIndex(p => p.ChoosesByHeldOut);

    /// <summary>Whether a phase ends by the accuracy of held-out images.</summary>
    internal bool StopsEarly => Phases.Any(p => p is Joint { Patience: not null });

    /// <summary>One line for each phase.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Phases.Count; i++) text.Append(i + 1).Append(". ").AppendLine(Phases[i].ToString());
        return text.ToString();
    }

    private void CheckAnchors()
    {
        bool placed = false;
        for (int i = 0; i < Phases.Count; i++)
        {
            if (Phases[i] is AnchoredTuning { Epochs: > 0 } && !placed)
                throw new ArgumentException(
                    $"Phase {i + 1} ({Phases[i].Name}) ties prototypes to their patches, but at that point they are on none. "
                    + "Add a Projection before it, with neither WarmUp nor Joint between them.");
            placed = Phases[i] switch
            {
                Projection => true,
                WarmUp or Joint => false,
                _ => placed,
            };
        }
    }

    private static Joint PublishedJoint(int epochs) => new(epochs) { Views = 30, Decay = new RateDecay.Step(5, 0.1) };

    private int LastIndex(Func<TrainingPhase, bool> which)
    {
        for (int i = Phases.Count - 1; i >= 0; i--)
            if (which(Phases[i])) return i;
        return -1;
    }
}
