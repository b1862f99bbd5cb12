using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Datasets;

/// <summary>Finds the usable photographs before a run, so that no bad file ends it.</summary>
public static class ReadablePhotographs
{
    /// <summary>Checks that every class that had training photographs still has some.</summary>
    /// <param name="readable">The readable part.</param>
    /// <param name="all">The whole data set.</param>
    /// <exception cref="DatasetException">A class has none left.</exception>
    public static ImageDataset WithEveryClassOf(this ImageDataset readable, ImageDataset all)
    {
        ArgumentNullException.ThrowIfNull(readable);
        ArgumentNullException.ThrowIfNull(all);
        string[] empty = [.. all.Train.Select(record => record.Label).Distinct().Except(readable.Train.Select(record => record.Label))];
        return empty.Length == 0 ? readable
            : throw new DatasetException($"No training photographs can be read of {string.Join(", ", empty)}. Add some, or remove the class.");
    }

    /// <summary>
    /// Decodes every photograph once, as training and scoring do, cropped to its box if it has one, and moves unusable ones to
    /// <see cref="ImageDataset.LeftOut"/>, with the reason.
    /// </summary>
    /// <param name="dataset">The data set; not changed.</param>
    /// <param name="progress">Receives the number of photographs checked so far, on any thread.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    public static ImageDataset OnlyReadable(this ImageDataset dataset, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ImageRecord[] records = [.. dataset.Train, .. dataset.Test];
        string?[] faults = new string?[records.Length];
        int done = 0;
        Parallel.For(0, records.Length, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            faults[i] = PhotographFile.Fault(dataset.PathOf(records[i]), records[i].BoundingBox);
            progress?.Report(Interlocked.Increment(ref done));
        });
        return dataset with
        {
            Train = [.. dataset.Train.Where((_, i) => faults[i] is null)],
            Test = [.. dataset.Test.Where((_, i) => faults[dataset.Train.Count + i] is null)],
            LeftOut = [.. dataset.LeftOut, .. records.Zip(faults).Where(pair => pair.Second is not null)
                .Select(pair => new LeftOutPhotograph(pair.First, pair.Second!))],
        };
    }
}
