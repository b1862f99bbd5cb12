using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The steps of creating one explanation page, in wall-clock and processor time: <c>explain --prototypes 100 --classes 10 --runs 5</c>. The first
/// run, which compiles, is what a user of the tool experiences; of the others, the fastest counts.
/// </summary>
internal static class ExplainBenchmark
{
    public static object Run(Arguments arguments)
    {
        int classes = arguments.Int("classes", 10);
        AnalysedImage[] photographs = MadeModel.Photographs(64, classes);
        using TrainedProtoPNet model = MadeModel.Of(arguments.Int("prototypes", 100), classes, photographs);
        byte[] encoded = MadeModel.Encoded(photographs[5]);
        List<Dictionary<string, Time>> runs = [.. Enumerable.Range(0, 1 + arguments.Int("runs", 5)).Select(_ => Once(model, encoded))];
        foreach (Dictionary<string, Time> run in runs) Console.WriteLine(string.Join(", ", run.Select(part => $"{part.Key} {part.Value}")));
        LocalReport report = model.Report(ImageCodec.Decode(encoded), "bird");
        return new
        {
            first = runs[0],
            quickest = runs[0].Keys.ToDictionary(part => part, part => runs.Skip(1).Aggregate(Time.Most, (least, run) => least.OrLess(run[part]))),
            pageMB = Math.Round(report.Html().Length / 1e6, 3),
        };
    }

    private static Dictionary<string, Time> Once(TrainedProtoPNet model, byte[] encoded)
    {
        Dictionary<string, Time> parts = [];
        T Timed<T>(string name, Func<T> act)
        {
            T result = default!;
            parts[name] = Time.Of(() => result = act());
            return result;
        }

        Timed("all", () =>
        {
            RgbImage photograph = Timed("decode", () => ImageCodec.Decode(encoded));
            LocalExplanation explanation = Timed("explain", () => model.Explain(photograph));
            LocalReport report = new(explanation, photograph, "bird");
            Timed("boxes", () => report.Evidence.Sum(evidence => evidence.Evidence.Sum(line => line.Activation.Box.Width)));
            report = report with
            {
                Masked = Timed("mask", () => model.Mask(photograph, [.. report.Evidence[0].Evidence.Select(line => line.Activation)])),
            };
            return Timed("page", report.Html);
        });
        return parts;
    }
}
