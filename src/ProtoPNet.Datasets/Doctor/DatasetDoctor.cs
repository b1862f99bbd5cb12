namespace ProtoPNet.Datasets;

/// <summary>
/// Checks every photograph of a data set before a long run, opening it as training does. Finds unreadable files, pictures in both
/// splits or under two classes (by their pixels, whatever the file name and format), too few or too small classes, rotated, grey, transparent or tiny
/// pictures, boxes outside the picture, and the distribution of sizes.
/// </summary>
public static class DatasetDoctor
{
    /// <summary>Opens all files of <paramref name="dataset"/>. Findings do not depend on the number of threads.</summary>
    /// <param name="dataset">The data set to check.</param>
    /// <param name="options">The thresholds.</param>
    /// <param name="progress">Receives the number of files read so far.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    public static DatasetCheckup Examine(
        ImageDataset dataset, DoctorOptions options, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        ImageRecord[] records = [.. dataset.Train, .. dataset.Test];
        PictureFacts[] facts = new PictureFacts[records.Length];
        int done = 0;
        Parallel.For(
            0, records.Length,
            new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads), CancellationToken = cancellationToken },
            i =>
            {
                facts[i] = PictureFacts.Of(dataset.PathOf(records[i]));
                progress?.Report(Interlocked.Increment(ref done));
            });
        (ImageRecord Record, PictureFacts Facts)[] pictures = [.. records.Zip(facts)];
        (ImageRecord Record, PictureFacts Facts)[] readable = [.. pictures.Where(picture => picture.Facts.Fault is null)];
        IEnumerable<DatasetFinding> findings =
        [
            .. dataset.Classes.Count < 2 ? [new TooFewClasses(dataset.Classes.Count)] : (DatasetFinding[])[],
            .. pictures.Where(picture => picture.Facts.Fault is not null)
                .Select(picture => new UnreadableFile(picture.Record.ImagePath, picture.Facts.Fault!)),
            .. dataset.LeftOut.Select(left => new OtherFormat(left.Photograph.ImagePath, left.Reason)),
            .. readable.GroupBy(picture => picture.Facts.Fingerprint).SelectMany(same => Duplicates([.. same.Select(picture => picture.Record)])),
            .. Classes(dataset, readable, options),
            .. readable.SelectMany(picture => Oddities(picture.Record, picture.Facts, options)),
        ];
        return new(records.Length,
            SizeSpread.Of(readable.Select(picture => picture.Facts.Width)), SizeSpread.Of(readable.Select(picture => picture.Facts.Height)),
            [.. findings.OrderByDescending(finding => finding.Severity)]);
    }

    /// <summary>Each later copy is reported against the first, training before test.</summary>
    private static IEnumerable<DatasetFinding> Duplicates(ImageRecord[] same)
    {
        ImageRecord first = same[0];
        foreach (ImageRecord other in same.Skip(1))
        {
            if (first.Label != other.Label) yield return new ContradictoryLabels(first.ImagePath, first.Label, other.ImagePath, other.Label);
            if (first.IsTrain && !other.IsTrain) yield return new InBothSplits(first.ImagePath, other.ImagePath);
            else if (first.Label == other.Label) yield return new RepeatedPicture(first.ImagePath, other.ImagePath);
        }
    }

    private static IEnumerable<DatasetFinding> Classes(
        ImageDataset dataset, (ImageRecord Record, PictureFacts Facts)[] readable, DoctorOptions options)
    {
        ILookup<string, bool> splits = readable.ToLookup(picture => picture.Record.Label, picture => picture.Record.IsTrain);
        foreach (string label in dataset.Classes)
        {
            int training = splits[label].Count(isTrain => isTrain);
            if (training == 0) yield return new EmptyClass(label);
            else if (training < options.SmallestClass) yield return new SmallClass(label, training, options.SmallestClass);
            if (dataset.Test.Count > 0 && splits[label].All(isTrain => isTrain)) yield return new UntestedClass(label);
        }
    }

    private static IEnumerable<DatasetFinding> Oddities(ImageRecord record, PictureFacts facts, DoctorOptions options)
    {
        if (facts.Orientation != 1) yield return new TurnedPicture(record.ImagePath, facts.Orientation);
        if (facts.IsGrey) yield return new GreyPicture(record.ImagePath);
        if (facts.IsTransparent) yield return new TransparentPicture(record.ImagePath);
        if (Math.Min(facts.Width, facts.Height) < options.SmallestSide) yield return new SmallPicture(record.ImagePath, facts.Width, facts.Height);
        if (record.BoundingBox is not [float left, float top, float width, float height] || (left, top, width, height) == (0, 0, 0, 0)) yield break;
        // One pixel beyond the border comes from 1-based coordinates and is harmless.
        bool inside = left >= -1 && top >= -1 && width > 0 && height > 0 && left + width <= facts.Width + 1 && top + height <= facts.Height + 1;
        if (!inside) yield return new BoxOutside(record.ImagePath, left, top, width, height, facts.Width, facts.Height);
    }
}
