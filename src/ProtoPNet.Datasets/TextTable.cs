using System.Globalization;

namespace ProtoPNet.Datasets;

/// <summary>A text file of one row per line, starting with a number; every error names the file and line.</summary>
internal sealed class TextTable(string folder, string file)
{
    private readonly string _path = Path.Combine(folder, file);

    /// <summary>Each row with its number.</summary>
    /// <exception cref="DatasetException">The file is missing or a row has no number.</exception>
    public IEnumerable<(Row Row, int Id)> Rows()
    {
        if (!File.Exists(_path))
            throw new DatasetException(
                $"'{_path}' is missing. Give the folder that contains images.txt, classes.txt and the folder images.");
        int line = 0;
        foreach (string text in File.ReadLines(_path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            Row row = new(this, line, space < 0 ? "" : text[(space + 1)..].Trim());
            if (!int.TryParse(space < 0 ? text : text.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                throw row.Wrong($"begins with '{(space < 0 ? text : text[..space])}' instead of a whole number");
            yield return (row, id);
        }
    }

    /// <summary>One row without its leading number.</summary>
    internal readonly record struct Row(TextTable Table, int Line, string Rest)
    {
        /// <summary>The rest as a whole number.</summary>
        public int Integer()
            => int.TryParse(Rest, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                ? value
                : throw Wrong($"has '{Rest}' instead of a whole number");

        /// <summary>The rest as <paramref name="count"/> numbers.</summary>
        public float[] Numbers(int count)
        {
            float[] numbers = new float[count];
            int field = 0;
            foreach (Range range in Rest.AsSpan().Split(' '))
            {
                ReadOnlySpan<char> text = Rest.AsSpan(range);
                if (field >= count || !float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[field++]))
                    throw Wrong($"has '{Rest}' instead of {count} numbers");
            }
            return field == count ? numbers : throw Wrong($"has '{Rest}' instead of {count} numbers");
        }

        /// <summary>An exception that names this file and line.</summary>
        public DatasetException Wrong(string what) => new($"'{Table._path}', line {Line}: {what}.");
    }
}
