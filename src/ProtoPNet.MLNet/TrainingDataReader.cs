using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>An image that could not be used, and why.</summary>
/// <param name="Row">Its row in the data, 0-based.</param>
/// <param name="ImageId">Its path where one is known, otherwise <c>row N</c>.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record SkippedImage(long Row, string ImageId, string Reason)
{
    /// <summary>Whether it is a row of <see cref="ProtoPNetTrainer.Options.ValidationSet"/> rather than of the training data.</summary>
    public bool OfValidationSet { get; init; }
}

/// <summary>Reads labelled photographs out of a data view, once.</summary>
internal sealed class TrainingDataReader(ProtoPNetTrainer.Options options)
{
    /// <summary>Column names that hold an image's path where the options name none.</summary>
    private static readonly string[] UsualIds = ["ImagePath", "Path", "FileName", "ImageId"];

    private readonly List<TrainingImage> _images = [];
    private readonly List<SkippedImage> _skipped = [];

    /// <summary>The images that could not be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped => _skipped;

    /// <summary>Reads every row, and every row of the validation set where there is one; the caller disposes what is returned.</summary>
    /// <exception cref="InvalidOperationException">An image is unreadable and the options say to stop, a weight is impossible, the validation set or
    /// the class weights have unknown classes, or too little is left to train on.</exception>
    public TrainingImages Read(IDataView data, IReadOnlyList<string> classNames, string folder, ulong seed, Action checkAlive)
    {
        options.ClassWeights.Check(classNames);
        RowSource training = RowSource.Training(data);
        RowSource? validation = options.ValidationSet is { } set ? RowSource.Validation(set, options.LabelColumnName, classNames) : null;
        var pixels = new PixelStore(options.CacheLimitMB * (1L << 20), folder);
        try
        {
            ReadRows(training, pixels, checkAlive);
            CheckEnough(classNames, options.ImageColumnName);
            double[] classWeights = options.ClassWeights.For(classNames, SumsByClass(classNames.Count));
            if (validation is not null) ReadValidation(validation, pixels, checkAlive);
            TrainingImage[] images = [.. _images.Select(i => i with { Weight = i.Weight * classWeights[i.Label] })];
            return new(images, pixels, classNames, TrainingImages.HoldOut(images, options.ValidationFraction, seed));
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    private void ReadRows(RowSource source, PixelStore pixels, Action checkAlive)
    {
        IDataView data = source.Rows;
        DataViewSchema.Column image = data.Schema[options.ImageColumnName], label = data.Schema[options.LabelColumnName];
        DataViewSchema.Column? id = IdColumn(data.Schema);
        DataViewSchema.Column? weightColumn = options.ExampleWeightColumnName is { } weightName ? data.Schema[weightName] : null;
        DataViewSchema.Column[] needed = [image, label, .. ((DataViewSchema.Column?[])[id, weightColumn]).OfType<DataViewSchema.Column>()];
        using (DataViewRowCursor cursor = data.GetRowCursor(needed))
        {
            Func<RgbImage> readImage = ImageColumn.Reader(cursor, image);
            ValueGetter<uint> readLabel = cursor.GetGetter<uint>(label);
            ValueGetter<ReadOnlyMemory<char>>? readId = id is null ? null : cursor.GetGetter<ReadOnlyMemory<char>>(id.Value);
            ValueGetter<float>? readWeight = weightColumn is null ? null : cursor.GetGetter<float>(weightColumn.Value);
            uint key = 0;
            float weight = 1;
            ReadOnlyMemory<char> name = default;
            while (cursor.MoveNext())
            {
                checkAlive();
                readId?.Invoke(ref name);
                string imageId = name.IsEmpty ? $"row {cursor.Position}" : name.ToString();
                readLabel(ref key);
                if (key == 0)
                {
                    Skip(source, cursor.Position, imageId, $"its label in column '{label.Name}' is {source.MissingLabel}", null);
                    continue;
                }
                readWeight?.Invoke(ref weight);
                if (weight is not (> 0 and < float.PositiveInfinity))
                    throw new InvalidOperationException($"{source.Place(cursor.Position)} ({imageId}) has the weight {weight} in column "
                        + $"'{weightColumn!.Value.Name}'; weights must be positive and finite. Give it another, or leave the row out.");
                RgbImage kept;
                try
                {
                    RgbImage picture = readImage();
                    if (Math.Min(picture.Width, picture.Height) < ProtoPNetTrainer.SmallestImage)
                        throw new UnreadableImageException(
                            $"it has {picture.Width}×{picture.Height} pixels; at least {ProtoPNetTrainer.SmallestImage} each way are needed");
                    kept = NetworkInput.Keep(picture, options.ImageSize);
                }
                catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
                {
                    Skip(source, cursor.Position, imageId, e.Message, e);
                    continue;
                }
                // Outside: a full disk is no fault of the photograph's.
                pixels.Add(kept);
                _images.Add(new(cursor.Position, imageId, source.ClassOf(key)) { Weight = weight, OfValidationSet = source.IsValidation });
            }
        }
    }

    private void ReadValidation(RowSource source, PixelStore pixels, Action checkAlive)
    {
        int before = _images.Count, skipped = _skipped.Count;
        ReadRows(source, pixels, checkAlive);
        if (_images.Count > before) return;
        throw new InvalidOperationException(_skipped.Count == skipped
            ? "The validation set has no rows."
            : $"None of the {_skipped.Count - skipped} rows of the validation set can be used. "
                + $"The first: {_skipped[skipped].ImageId}: {_skipped[skipped].Reason}.");
    }

    private double[] SumsByClass(int classes)
    {
        var sums = new double[classes];
        foreach (TrainingImage image in _images) sums[image.Label] += image.Weight;
        return sums;
    }

    private DataViewSchema.Column? IdColumn(DataViewSchema schema)
    {
        if (options.ImageIdColumnName is { } named) return schema[named];
        foreach (string usual in UsualIds)
            if (schema.GetColumnOrNull(usual) is { Type: TextDataViewType } column) return column;
        return null;
    }

    private void Skip(RowSource source, long row, string id, string reason, Exception? inner)
    {
        if (options.OnUnreadableImage == UnreadableImage.Stop)
            throw new InvalidOperationException(
                $"{source.Place(row)} ({id}) cannot be {(source.IsValidation ? "used" : "trained on")}: {reason}. "
                + $"Remove it, or set {nameof(options.OnUnreadableImage)} to {nameof(UnreadableImage.Skip)}.", inner);
        _skipped.Add(new(row, id, reason) { OfValidationSet = source.IsValidation });
    }

    private void CheckEnough(IReadOnlyList<string> classNames, string column)
    {
        if (_images.Count == 0)
            throw new InvalidOperationException(_skipped.Count == 0
                ? "The training data has no rows."
                : $"None of the {_skipped.Count} images in column '{column}' can be read. The first: {_skipped[0].ImageId}: {_skipped[0].Reason}.");
        var counts = new int[classNames.Count];
        foreach (TrainingImage image in _images) counts[image.Label]++;
        string[] empty = [.. counts.Select((n, k) => (n, k)).Where(c => c.n == 0).Select(c => $"'{classNames[c.k]}'")];
        if (empty.Length > 0)
            throw new InvalidOperationException(
                $"{(empty.Length == 1 ? "Class" : "Classes")} {string.Join(", ", empty.Take(5))}"
                + $"{(empty.Length > 5 ? $" and {empty.Length - 5} more" : "")} "
                + $"of {classNames.Count} {(empty.Length == 1 ? "has" : "have")} no readable training image, so no prototype can be taken from one. "
                + "Add images, or map the labels to keys from the training rows alone.");
    }
}
