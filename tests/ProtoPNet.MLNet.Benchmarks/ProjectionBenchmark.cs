using ProtoPNet.MLNet.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The projection phase (photographs rendered, distances of all prototypes to all patches, running minima, prototypes moved) against the
/// network's plain forward pass to the latent map over the same photographs as prepared tensors, both in the inference form, in seconds:
/// <c>projection --images 192 --rounds 4</c>; <c>--distinct 1</c>: no patch twice within a class.
/// </summary>
internal static class ProjectionBenchmark
{
    public static object Run(Arguments arguments)
    {
        using var training = new MadeTraining(arguments, arguments.Int("images", 192));
        (TrainingContext context, TrainingState state, Evaluation evaluation) = (training.Context, training.State, training.Evaluation);
        bool distinct = arguments.Int("distinct", 0) != 0;
        state.Network.eval();
        Tensor[] ready = [.. training.Views.Whole(context.Images.Training).InOrder(0, CancellationToken.None).Select(batch => batch.Inputs.clone())];
        Alternating times = Alternating.Measure(arguments.Int("rounds", 6),
            () =>
            {
                evaluation.BackboneMoves(); // so that creating the inference form counts
                Projector.Run(state.Network, training.Progress().Count(evaluation.Whole(context.Images.Training)), distinct, context.Forbidden);
            },
            () =>
            {
                foreach (Tensor images in ready)
                {
                    using DisposeScope scope = NewDisposeScope();
                    using IDisposable mode = no_grad();
                    state.Network.LatentOf(evaluation.Features.Of(images));
                }
            });
        return new
        {
            ours = Math.Round(times.OurSeconds, 3),
            baseline = Math.Round(times.BaselineSeconds, 3),
            ratio = Math.Round(times.TimeRatio, 3),
            images = context.Images.Count,
            processorRatio = Math.Round(times.ProcessorRatio, 3),
            threads = torch.get_num_threads(),
            timeRatios = times.TimeRatios,
        };
    }
}
