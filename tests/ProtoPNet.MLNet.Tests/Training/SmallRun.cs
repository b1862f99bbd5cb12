using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using ProtoPNet.MLNet.Training.Features;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Whole runs on a few noise pictures, stopped and resumed on demand.</summary>
internal static class SmallRun
{
    public const int Classes = 3, PerClass = 5, Side = 32;

    public static readonly NetworkArchitecture Small = new()
    {
        Backbone = Backbone.ResNet18,
        Stages = 1,
        PrototypeDepth = 8,
        ImageSize = Side,
        Classes = Classes,
        PrototypeClasses = NetworkArchitecture.EqualPrototypeClasses(Classes, 4),
    };

    public static string WeightsOf(TrainingState state)
        => string.Join(' ', StateDict.Of(state.Network).Select(t => $"{t.Name}:{Convert.ToHexString(t.Tensor.bytes)}"));

    internal sealed record Outcome(string Weights, string Places, IReadOnlyList<string> Epochs, string Path);

    /// <summary>Trains or resumes; null if cancelled at the <paramref name="cancelAt"/>-th check.</summary>
    public static Outcome? Train(
        TrainingImages images, TrainingSchedule schedule, string? folder, int cancelAt = int.MaxValue, TimeSpan? every = null, int stages = 1,
        Action<string>? warn = null, Action? eachStep = null, Action<TrainingState>? began = null,
        Action<TrainingState, PhaseReport>? phaseEnded = null, Action<TrainingProgress>? progress = null, FeatureLimits? features = null,
        Action<string>? note = null)
    {
        NetworkArchitecture architecture = Small with { Stages = stages };
        var options = new ProtoPNetTrainer.Options { Schedule = schedule }.Fingerprint(1, images.ClassNames);
        using Checkpoint? found = Checkpoint.Find(folder);
        bool goesOn = found is not null && found.Fits(options) && found.Fits(new RunImages(images));
        CheckpointWriter? writer = folder is null ? null : new(
            folder, every ?? TimeSpan.FromHours(1), new(schedule, 1, options, new(images)), warn ?? (_ => Assert.Fail("A checkpoint was not written.")));
        ProtoPNetNetwork network = goesOn ? found!.Network(architecture) : new(architecture, new DeterministicRandom(3));
        int asked = 0;
        TrainingContext context = new(schedule, images, 1, CPU)
        {
            Features = features ?? new(1 << 28, 0, ""),
            Note = note ?? (_ => { }),
            Progress = progress ?? (_ => { }),
            CheckAlive = Alive,
            Cancellation = TestContext.Current.CancellationToken,
        };
        using TrainingState state = new(network);
        using TrainingLoop training = new(context, state, writer);
        began?.Invoke(state);
        try
        {
            if (goesOn)
            {
                found!.Restore(state, schedule, images.Count);
                writer!.Continue(found.Description.Place);
            }
            found?.Dispose();
            training.Run(report => phaseEnded?.Invoke(state, report));
            return new(WeightsOf(state),
                string.Join(' ', state.Projected.Select(p
                    => $"{p.Image}/{p.CellRow}/{p.CellColumn}/{p.Distance:R}/{p.Detour:R}/{string.Join(',', p.Similarities.Cast<float>())}")),
                [.. state.Ended.SelectMany(p => p.Epochs).Select(e => (e with { Seconds = 0, ImagesPerSecond = 0 }).ToString())],
                string.Join(' ', state.Ended.Select(p => p.Path).OfType<RegularisationPath>().SelectMany(p => p.Points)
                    .SelectMany(p => p.Solution.Weights.ToRowMajorArray()))
                + state.Penalties + state.UsualFamiliarity + string.Join(';', state.Ended.Select(p => $"{p.Distinct} {p.Removal}")));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            state.Network.Dispose();
        }

        void Alive()
        {
            eachStep?.Invoke();
            if (++asked >= cancelAt) throw new OperationCanceledException();
        }
    }

    public static TrainingImages Pictures(int count = Classes * PerClass, int repaint = -1, int heldOut = Classes, int side = Side)
    {
        var random = new DeterministicRandom(1);
        var store = new PixelStore(1 << 24, Path.GetTempPath());
        var images = new List<TrainingImage>();
        for (int i = 0; i < count; i++)
        {
            byte[] pixels = new byte[3 * side * side];
            for (int p = 0; p < pixels.Length; p++) pixels[p] = (byte)random.NextInt(256);
            if (i == repaint) pixels[1000] ^= 1;
            store.Add(new RgbImage(side, side, pixels));
            images.Add(new(i, $"bird {i}", i % Classes));
        }
        return new(images, store, ["a", "b", "c"], Enumerable.Range(0, heldOut).ToHashSet());
    }
}
