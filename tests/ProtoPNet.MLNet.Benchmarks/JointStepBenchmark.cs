using ProtoPNet.MLNet.Training;
using TorchSharp;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// A joint epoch as training runs it (views rendered from decoded photographs, add-on layers, prototypes, loss, metrics, Adam) against the bare
/// backbone's steps on prepared tensors, in images per second: <c>joint-step --batch 30 --steps 6 --rounds 4</c>.
/// </summary>
internal static class JointStepBenchmark
{
    public static object Run(Arguments arguments)
    {
        int batch = arguments.Int("batch", 30), steps = arguments.Int("steps", 6);
        using var training = new MadeTraining(arguments, batch * steps);
        using var bare = new BareBackbone(training.State.Network.Architecture, batch);
        var phase = new Joint(1) { BatchSize = batch, FrozenStages = arguments.Int("frozen", 0) };
        Alternating times = Alternating.Measure(arguments.Int("rounds", 4),
            () => training.Run(phase),
            () =>
            {
                for (int i = 0; i < steps; i++) bare.Step();
            });
        int images = training.Context.Images.Count;
        return new
        {
            ours = Math.Round(images / times.OurSeconds, 2),
            baseline = Math.Round(batch * steps / times.BaselineSeconds, 2),
            ratio = Math.Round(1 / times.TimeRatio, 3),
            processorRatio = Math.Round(1 / times.ProcessorRatio, 3),
            threads = torch.get_num_threads(),
            timeRatios = times.TimeRatios,
            peakMemoryMB = Memory.PeakMB(),
        };
    }
}
