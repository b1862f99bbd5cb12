using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>An image that could not be used, and why.</summary>
/// <param name="Row">Its row in the data, 0-based.</param>
/// <param name="ImageId">Its path if known, otherwise <c>row N</c>.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record SkippedImage(long Row, string ImageId, string Reason)
{
    /// <summary>Whether it is a row of <see cref="ImageTrainerOptions.ValidationSet"/> rather than of the training data.</summary>
    public bool OfValidationSet { get; init; }
}

/// <summary>Reads labelled photographs from a data view, once.</summary>
/// <param name="options">The columns and how to read them.</param>
/// <param name="checkAlive">Throws when reading should stop.</param>
/// <param name="progress">Receives the fraction done, from 0 to 1; 0 if unknown.</param>
internal sealed class TrainingDataReader(ReadingOptions options, Action checkAlive, Action<double> progress)
{
    /// <summary>Columns tried for an image's path if the options name none.</summary>
    private static readonly string[] UsualIds = ["ImagePath", "Path", "FileName", "ImageId"];

    private readonly List<TrainingImage> _images = [];
    private readonly List<SkippedImage> _skipped = [];

    /// <summary>The images that could not be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped => _skipped;

    /// <summary>Reads every row, including those of the validation set if there is one; the caller disposes of the result.</summary>
    /// <exception cref="InvalidOperationException">An image is unreadable and the options say to stop, a weight is invalid, the validation set or the
    /// class weights have unknown classes, or too little is left to train on.</exception>
    public TrainingImages Read(IDataView data, IReadOnlyList<string> classNames, string folder, ulong seed)
    {
        options.ClassWeights.Check(classNames);
        RowSource training = RowSource.Training(data);
        RowSource? validation = options.ValidationSet is { } set ? RowSource.Validation(set, options.Inputs.Label, classNames) : null;
        var pixels = new PixelStore(options.CacheBytes, folder);
        try
        {
            ReadRows(training, pixels);
            CheckEnough(classNames, options.ImageColumn);
            double[] classWeights = options.ClassWeights.For(classNames, SumsByClass(classNames.Count));
            if (validation is not null) ReadValidation(validation, pixels);
            TrainingImage[] images = [.. _images.Select(i => i with { Weight = i.Weight * classWeights[i.Label] })];
            return new(images, pixels, classNames, TrainingImages.HoldOut(images, options.ValidationFraction, seed));
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    private void ReadRows(RowSource source, PixelStore pixels)
    {
        IDataView data = source.Rows;
        DataViewSchema.Column image = data.Schema[options.ImageColumn], label = data.Schema[options.Inputs.Label];
        DataViewSchema.Column? id = IdColumn(data.Schema);
        DataViewSchema.Column? weightColumn = options.Inputs.ExampleWeight is { } weightName ? data.Schema[weightName] : null;
        DataViewSchema.Column[] needed = [image, label, .. ((DataViewSchema.Column?[])[id, weightColumn]).OfType<DataViewSchema.Column>()];
        using DataViewRowCursor cursor = data.GetRowCursor(needed);
        Func<RgbImage> readImage = ImageColumn.Reader(cursor, image);
        ValueGetter<uint> readLabel = cursor.GetGetter<uint>(label);
        ValueGetter<ReadOnlyMemory<char>>? readId = id is null ? null : cursor.GetGetter<ReadOnlyMemory<char>>(id.Value);
        ValueGetter<float>? readWeight = weightColumn is null ? null : cursor.GetGetter<float>(weightColumn.Value);
        uint key = 0;
        float weight = 1;
        ReadOnlyMemory<char> name = default;
        long? rows = data.GetRowCount();
        while (cursor.MoveNext())
        {
            checkAlive();
            progress(rows > 0 ? (double)cursor.Position / rows.Value : 0);
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
                throw new InvalidOperationException($"{source.Place(cursor.Position)} ({imageId}) has the weight "
                    + $"{weight.ToString(CultureInfo.InvariantCulture)} in column "
                    + $"'{weightColumn!.Value.Name}'; weights must be positive and finite. Give it another, or leave the row out.");
            RgbImage kept;
            try
            {
                kept = NetworkInput.Keep(readImage(), options.ImageSize);
            }
            catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
            {
                Skip(source, cursor.Position, imageId, e.Message, e);
                continue;
            }
            // Outside the try: a full disk is not the photograph's fault.
            pixels.Add(kept);
            _images.Add(new(cursor.Position, imageId, source.ClassOf(key)) { Weight = weight, OfValidationSet = source.IsValidation });
        }
    }

    private void ReadValidation(RowSource source, PixelStore pixels)
    {
        int before = _images.Count, skipped = _skipped.Count;
        ReadRows(source, pixels);
        if (_images.Count > before) return;
        throw new InvalidOperationException(_skipped.Count == skipped
            ? "The validation set has no rows."
            : $"None of the {_skipped.Count - skipped} rows of the validation set can be used. "
                + $"The first: {_skipped[skipped].ImageId}: {_skipped[skipped].Reason.TrimEnd('.')}.");
    }

    private double[] SumsByClass(int classes)
    {
        var sums = new double[classes];
        foreach (TrainingImage image in _images) sums[image.Label] += image.Weight;
        return sums;
    }

    private DataViewSchema.Column? IdColumn(DataViewSchema schema)
    {
        if (options.Inputs.ImageId is { } named) return schema[named];
        foreach (string usual in UsualIds)
            if (schema.GetColumnOrNull(usual) is { Type: TextDataViewType } column) return column;
        return null;
    }

    private void Skip(RowSource source, long row, string id, string reason, Exception? inner)
    {
        if (options.OnUnreadable == UnreadableImage.Stop)
            throw new InvalidOperationException(
                $"{source.Place(row)} ({id}) cannot be {(source.IsValidation ? "used" : "trained on")}: {reason.TrimEnd('.')}. "
                + $"Remove it, or set OnUnreadableImage to {nameof(UnreadableImage.Skip)}.", inner);
        _skipped.Add(new(row, id, reason) { OfValidationSet = source.IsValidation });
    }

    private void CheckEnough(IReadOnlyList<string> classNames, string column)
    {
        if (_images.Count == 0)
            throw new InvalidOperationException(_skipped.Count == 0
                ? "The training data has no rows."
                : $"None of the {_skipped.Count} images in column '{column}' can be read. "
                    + $"The first: {_skipped[0].ImageId}: {_skipped[0].Reason.TrimEnd('.')}.");
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
