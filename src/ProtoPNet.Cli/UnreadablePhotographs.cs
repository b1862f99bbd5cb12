using System.CommandLine;
using System.Diagnostics;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli;

/// <summary>
/// Handles unusable photographs: each is named once with the reason, the verb continues without them, and its exit code reports it at the
/// end. With <c>--stop-on-unreadable</c> the verb stops before doing any work.
/// </summary>
internal sealed class UnreadablePhotographs
{
    /// <summary>The exit code of a verb that finished but left out some photographs.</summary>
    public const int SomeLeftOut = 3;

    private readonly Option<bool> _stop = new("--stop-on-unreadable")
    {
        Description = $"Stop if a photograph cannot be read. By default it is named and left out, and the exit code is {SomeLeftOut}.",
    };

    public void AddTo(Command command) => command.Add(_stop);

    /// <summary>The usable photographs, after checking all of them.</summary>
    /// <exception cref="DatasetException">Some are unusable and the verb must stop, or none is usable.</exception>
    public ImageDataset LeaveOut(ParseResult parsed, ImageDataset dataset, CancellationToken cancellation)
    {
        ImageDataset readable = dataset.OnlyReadable(new Looking(dataset.Train.Count + dataset.Test.Count), cancellation);
        foreach (LeftOutPhotograph left in readable.LeftOut) Name(left.Photograph.ImagePath, left.Reason);
        int count = readable.LeftOut.Count;
        if (count > 0 && (readable.Train.Count + readable.Test.Count == 0 || parsed.GetValue(_stop)))
            throw new DatasetException($"{Photographs(count)} of '{dataset.Name}' cannot be used: see above.");
        return readable;
    }

    /// <summary>Reports a photograph that is left out.</summary>
    /// <exception cref="UnreadableImageException">The verb must stop.</exception>
    public void LeaveOut(ParseResult parsed, string photograph, UnreadableImageException reason)
    {
        if (parsed.GetValue(_stop)) throw new UnreadableImageException($"{photograph}: {reason.Message}", reason);
        Name(photograph, reason.Message);
    }

    /// <summary>The exit code of a verb that finished without the given number of photographs; reports that number.</summary>
    public static int AtTheEnd(int leftOut)
    {
        if (leftOut == 0) return 0;
        Console.Error.WriteLine($"{Photographs(leftOut)} left out: see above.");
        return SomeLeftOut;
    }

    private static void Name(string photograph, string reason) => Console.Error.WriteLine($"left out: {photograph}: {reason}");

    private static string Photographs(int count) => count == 1 ? "1 photograph" : $"{count} photographs";

    /// <summary>Reports progress if checking takes long.</summary>
    private sealed class Looking(int all) : IProgress<int>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly Lock _lock = new();

        public void Report(int value)
        {
            if (_watch.Elapsed < Interval) return;
            lock (_lock)
            {
                if (_watch.Elapsed < Interval) return;
                _watch.Restart();
                Console.Error.WriteLine($"checked {value} of {all} photographs");
            }
        }
    }
}
