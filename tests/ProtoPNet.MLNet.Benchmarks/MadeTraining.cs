using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// A training session as the trainer makes it: photographs in a store, a network with random weights.
/// <c>--backbone</c>, <c>--stages</c> (3; 0: all), <c>--size</c> (224), <c>--classes</c> (10) and <c>--per-class</c> (10 prototypes) choose the
/// network.
/// </summary>
internal sealed class MadeTraining : IDisposable
{
    private readonly TrainingImages _images;

    public MadeTraining(Arguments arguments, int photographs)
    {
        int stages = arguments.Int("stages", 3), size = arguments.Int("size", 224), classes = arguments.Int("classes", 10);
        var pixels = new PixelStore(long.MaxValue, Path.GetTempPath());
        foreach (RgbImage image in PhotographFiles.Decoded(arguments, photographs)) pixels.Add(image);
        TrainingImage[] labelled = [.. Enumerable.Range(0, pixels.Count).Select(i => new TrainingImage(i, $"{i}", i % classes))];
        _images = new(labelled, pixels, [.. Enumerable.Range(0, classes).Select(k => $"class {k}")], new HashSet<int>());
        NetworkArchitecture architecture = new()
        {
            Backbone = Backbone.Find(arguments.Text("backbone", nameof(Backbone.ResNet18)))!,
            Stages = stages == 0 ? null : stages,
            ImageSize = size,
            Classes = classes,
            PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(classes, arguments.Int("per-class", 10)),
        };
        Context = new(TrainingSchedule.Default, _images, 1, CPU);
        State = new(new ProtoPNetNetwork(architecture, new DeterministicRandom(1))) { HasBegun = true };
        Views = new(Context, architecture.ImageSize, architecture.Backbone.Normalisation);
        Evaluation = new(Context, State, Views, new(Context, Views));
    }

    public TrainingContext Context { get; }

    public TrainingState State { get; }

    public TrainingViews Views { get; }

    public Evaluation Evaluation { get; }

    /// <summary>Runs one phase; can be called repeatedly.</summary>
    public void Run(TrainingPhase phase)
    {
        State.Ended.Clear();
        using TrainingLoop loop = new(Context with { Schedule = Context.Schedule with { Phases = [phase] } }, State);
        loop.Run(static _ => { });
    }

    public PhaseProgress Progress()
    {
        State.Running = new(PhaseSoFar.Nothing);
        return new(Context, State);
    }

    public void Dispose()
    {
        Evaluation.Dispose();
        State.Dispose();
        State.Network.Dispose();
        _images.Dispose();
    }
}
