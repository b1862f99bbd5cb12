using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet;

/// <summary>Labelled rows and their purpose: the training data, or a validation set, whose labels may have different keys.</summary>
internal sealed class RowSource
{
    private const int Shown = 5;

    private readonly int[]? _classes;

    private RowSource(IDataView rows, int[]? classes) => (Rows, _classes) = (rows, classes);

    public IDataView Rows { get; }

    public bool IsValidation => _classes is not null;

    /// <summary>The meaning of a label with key 0, as text.</summary>
    public string MissingLabel => IsValidation ? "missing, or of a class that the training data does not have" : "missing";

    public static RowSource Training(IDataView rows) => new(rows, null);

    /// <summary>Rows whose labels are matched with <paramref name="classNames"/> by value.</summary>
    /// <exception cref="InvalidOperationException">A row's class is not among them.</exception>
    public static RowSource Validation(IDataView rows, string labelName, IReadOnlyList<string> classNames)
    {
        IReadOnlyList<string> names = ClassLabels.Of(rows.Schema[labelName]).Names;
        Dictionary<string, int> known = classNames.Index().ToDictionary(c => c.Item, c => c.Index);
        int[] classes = [.. names.Select(name => known.GetValueOrDefault(name, -1))];
        // Key values without rows do no harm. Only labels are read here, no photographs.
        string[] unknown = classes.Contains(-1)
            ? [.. rows.GetColumn<uint>(labelName).Where(key => key > 0 && classes[key - 1] < 0).Distinct().Order()
                .Select(key => $"'{names[(int)key - 1]}'")]
            : [];
        if (unknown.Length > 0)
            throw new InvalidOperationException(
                $"The validation set has {(unknown.Length == 1 ? "a class" : "classes")} that the training data does not have: "
                + $"{string.Join(", ", unknown.Take(Shown))}{(unknown.Length > Shown ? $" and {unknown.Length - Shown} more" : "")}. "
                + "Labels are matched by value; leave these rows out, or add such images to the training data.");
        return new(rows, classes);
    }

    /// <summary>The 0-based class of a key above 0.</summary>
    public int ClassOf(uint key) => _classes is null ? (int)key - 1 : _classes[key - 1];

    /// <summary>A row, as text.</summary>
    public string Place(long row) => IsValidation ? $"Row {row} of the validation set" : $"Row {row}";
}
