using System.CommandLine;
using System.Diagnostics;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli;

/// <summary>
/// What becomes of photographs that cannot be used: each is named once, with the reason, the verb does without them, and its exit code says so at
/// the end. With <c>--stop-on-unreadable</c> it stops before it begins.
/// </summary>
internal sealed class UnreadablePhotographs
{
    /// <summary>A verb came to its end, but without some of the photographs.</summary>
    public const int SomeLeftOut = 3;

    private readonly Option<bool> _stop = new("--stop-on-unreadable")
    {
        Description = $"Stop where a photograph cannot be read. Otherwise it is named and left out, and the exit code at the end is {SomeLeftOut}.",
    };

    public void AddTo(Command command) => command.Add(_stop);

    /// <summary>The photographs that can be used, after a look at all of them.</summary>
    /// <exception cref="DatasetException">There are others and the verb is to stop, or there are none.</exception>
    public ImageDataset LeaveOut(ParseResult parsed, ImageDataset dataset, CancellationToken cancellation)
    {
        ImageDataset readable = dataset.OnlyReadable(new Looking(dataset.Train.Count + dataset.Test.Count), cancellation);
        foreach (LeftOutPhotograph left in readable.LeftOut) Name(left.Photograph.ImagePath, left.Reason);
        int count = readable.LeftOut.Count;
        if (count > 0 && (readable.Train.Count + readable.Test.Count == 0 || parsed.GetValue(_stop)))
            throw new DatasetException($"{Photographs(count)} of '{dataset.Name}' cannot be used: see above.");
        return readable;
    }

    /// <summary>Names a photograph that is left out.</summary>
    /// <exception cref="UnreadableImageException">The verb is to stop.</exception>
    public void LeaveOut(ParseResult parsed, string photograph, UnreadableImageException reason)
    {
        if (parsed.GetValue(_stop)) throw new UnreadableImageException($"{photograph}: {reason.Message}", reason);
        Name(photograph, reason.Message);
    }

    /// <summary>The exit code of a verb that has done its work without so many photographs; says how many they were.</summary>
    public static int AtTheEnd(int leftOut)
    {
        if (leftOut == 0) return 0;
        Console.Error.WriteLine($"{Photographs(leftOut)} left out: see above.");
        return SomeLeftOut;
    }

    private static void Name(string photograph, string reason) => Console.Error.WriteLine($"left out: {photograph}: {reason}");

    private static string Photographs(int count) => count == 1 ? "1 photograph" : $"{count} photographs";

    /// <summary>Says how far the look has come where it takes long.</summary>
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
                Console.Error.WriteLine($"looked at {value} of {all} photographs");
            }
        }
    }
}
