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
public sealed record SkippedImage(long Row, string ImageId, string Reason);

/// <summary>Reads labelled photographs out of a data view, once.</summary>
internal sealed class TrainingDataReader(ProtoPNetTrainer.Options options)
{
    /// <summary>Column names that hold an image's path where the options name none.</summary>
    private static readonly string[] UsualIds = ["ImagePath", "Path", "FileName", "ImageId"];

    private readonly List<TrainingImage> _images = [];
    private readonly List<SkippedImage> _skipped = [];

    /// <summary>The images that could not be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped => _skipped;

    /// <summary>Reads every row; the caller disposes what is returned.</summary>
    /// <exception cref="InvalidOperationException">An image is unreadable and the options say to stop, or too little is left to train on.</exception>
    public TrainingImages Read(IDataView data, IReadOnlyList<string> classNames, string folder, ulong seed, Action checkAlive)
    {
        DataViewSchema.Column image = data.Schema[options.ImageColumnName], label = data.Schema[options.LabelColumnName];
        DataViewSchema.Column? id = IdColumn(data.Schema);
        var pixels = new PixelStore(options.CacheLimitMB * (1L << 20), folder);
        try
        {
            DataViewSchema.Column[] needed = id is null ? [image, label] : [image, label, id.Value];
            using DataViewRowCursor cursor = data.GetRowCursor(needed);
            Func<RgbImage> readImage = ImageColumn.Reader(cursor, image);
            ValueGetter<uint> readLabel = cursor.GetGetter<uint>(label);
            ValueGetter<ReadOnlyMemory<char>>? readId = id is null ? null : cursor.GetGetter<ReadOnlyMemory<char>>(id.Value);
            uint key = 0;
            ReadOnlyMemory<char> name = default;
            while (cursor.MoveNext())
            {
                checkAlive();
                readId?.Invoke(ref name);
                string imageId = name.IsEmpty ? $"row {cursor.Position}" : name.ToString();
                readLabel(ref key);
                if (key == 0)
                {
                    Skip(cursor.Position, imageId, $"its label in column '{label.Name}' is missing", null);
                    continue;
                }
                try
                {
                    pixels.Add(NetworkInput.Keep(readImage(), options.ImageSize));
                    _images.Add(new(cursor.Position, imageId, (int)key - 1));
                }
                catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
                {
                    Skip(cursor.Position, imageId, e.Message, e);
                }
            }
            CheckEnough(classNames, image.Name);
            return new(_images, pixels, classNames, TrainingImages.HoldOut(_images, options.ValidationFraction, seed));
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    private DataViewSchema.Column? IdColumn(DataViewSchema schema)
    {
        if (options.ImageIdColumnName is { } named) return schema[named];
        foreach (string usual in UsualIds)
            if (schema.GetColumnOrNull(usual) is { Type: TextDataViewType } column) return column;
        return null;
    }

    private void Skip(long row, string id, string reason, Exception? inner)
    {
        if (options.OnUnreadableImage == UnreadableImage.Stop)
            throw new InvalidOperationException(
                $"Row {row} ({id}) cannot be trained on: {reason.TrimEnd('.')}. "
                + $"Remove it, or set {nameof(options.OnUnreadableImage)} to {nameof(UnreadableImage.Skip)}.", inner);
        _skipped.Add(new(row, id, reason));
    }

    private void CheckEnough(IReadOnlyList<string> classNames, string column)
    {
        if (_images.Count == 0)
            throw new InvalidOperationException(_skipped.Count == 0
                ? "The training data has no rows."
                : $"None of the {_skipped.Count} images in column '{column}' can be read. The first: {_skipped[0].ImageId}: {_skipped[0].Reason.TrimEnd('.')}.");
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
