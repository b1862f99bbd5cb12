using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Datasets;

/// <summary>Photographs that can be trained on and scored, told from the others before a run, so that no bad file ends it.</summary>
public static class ReadablePhotographs
{
    /// <summary>The same, where every class that had photographs to train with still has some.</summary>
    /// <param name="readable">What was left.</param>
    /// <param name="all">What there was.</param>
    /// <exception cref="DatasetException">A class has none left.</exception>
    public static ImageDataset WithEveryClassOf(this ImageDataset readable, ImageDataset all)
    {
        ArgumentNullException.ThrowIfNull(readable);
        ArgumentNullException.ThrowIfNull(all);
        string[] empty = [.. all.Train.Select(record => record.Label).Distinct().Except(readable.Train.Select(record => record.Label))];
        return empty.Length == 0 ? readable
            : throw new DatasetException($"No photograph to train with can be read of {string.Join(", ", empty)}. Add some, or take the class away.");
    }

    /// <summary>
    /// Decodes every photograph once, as training and scoring do, cut to its box where it has one, and moves those that cannot be used to
    /// <see cref="ImageDataset.LeftOut"/>, with the reason.
    /// </summary>
    /// <param name="dataset">The data set; it stays as it is.</param>
    /// <param name="progress">Told the number of photographs looked at so far, from any thread.</param>
    /// <param name="cancellationToken">Stops it.</param>
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
