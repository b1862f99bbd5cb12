using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The nearest images of every prototype against a plain forward pass over the same photographs, both with decoding, alternating:
/// <c>global-analysis --prototypes 2000 --classes 200 --images 600 --runs 3</c>. Then the gallery.
/// </summary>
internal static class GlobalAnalysisBenchmark
{
    public static object Run(Arguments arguments)
    {
        int classes = arguments.Int("classes", 10), images = arguments.Int("images", 300);
        AnalysedImage[] photographs = MadeModel.Photographs(images, classes);
        using TrainedProtoPNet model = MadeModel.Of(arguments.Int("prototypes", 100), classes, photographs);
        double before = Memory.NowMB();
        GlobalAnalysis? found = null;
        Alternating measured = Alternating.Measure(
            arguments.Int("runs", 3), ours: () => found = GlobalAnalysis.Run(model, photographs), baseline: () => Forward(model, photographs));
        double peak = Memory.PeakMB();
        int length = 0;
        Time gallery = Time.Of(() => length = Gallery.Of(model, "made", [new("training", found!, photographs)]).Html().Length);
        return new
        {
            measured,
            beforeMB = before,
            peakMemoryMB = peak,
            gallery,
            galleryMB = Math.Round(length / 1e6, 2),
        };
    }

    private static void Forward(TrainedProtoPNet model, IReadOnlyList<AnalysedImage> photographs) => InputBatches.ForEach(
        model, photographs, (_, inputs) => model.Network.Classify(model.Latent(inputs)).Logits.sum().item<float>(), CancellationToken.None);
}
