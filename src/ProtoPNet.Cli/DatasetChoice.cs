using System.CommandLine;
using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>The options that say which photographs: <c>--dataset</c>, <c>--data</c>, <c>--stop-on-unreadable</c>.</summary>
internal sealed class DatasetChoice
{
    private readonly Option<string?> _kind = new("--dataset")
    {
        Description = "What lies there: cub (CUB-200-2011), cars (Stanford Cars), folder (one folder per class), birds (procedural; painted "
            + "where absent).",
    };
    private readonly Option<DirectoryInfo?> _folder = new("--data") { Description = "The folder of the data set." };

    private readonly UnreadablePhotographs _unreadable = new();

    /// <param name="required">Whether the verb cannot do without photographs.</param>
    public DatasetChoice(bool required = true)
    {
        (_kind.Required, _folder.Required) = (required, required);
        _kind.AcceptOnlyFromAmong("cub", "cars", "folder", "birds");
    }

    public void AddTo(Command command)
    {
        AddSourceTo(command);
        _unreadable.AddTo(command);
    }

    /// <summary>For a verb that does not leave photographs out.</summary>
    public void AddSourceTo(Command command)
    {
        command.Add(_kind);
        command.Add(_folder);
    }

    /// <summary>Of the photographs of <paramref name="dataset"/> those that can be used; the others are named.</summary>
    /// <exception cref="DatasetException">There are others and the verb is to stop, or there are none.</exception>
    public ImageDataset Readable(ParseResult parsed, ImageDataset dataset, CancellationToken cancellation)
        => _unreadable.LeaveOut(parsed, dataset, cancellation);

    /// <summary>The data set that was named.</summary>
    /// <exception cref="ArgumentException">None was, or only half of it.</exception>
    public ImageDataset Load(ParseResult parsed) => LoadIfGiven(parsed)
        ?? throw new ArgumentException("Say which photographs: --dataset and --data.");

    /// <summary>The data set that was named; null where none was.</summary>
    /// <exception cref="ArgumentException">One of the two options is missing.</exception>
    public ImageDataset? LoadIfGiven(ParseResult parsed)
    {
        string? kind = parsed.GetValue(_kind), folder = parsed.GetValue(_folder)?.FullName;
        if (kind is null && folder is null) return null;
        if (kind is null || folder is null) throw new ArgumentException("--dataset and --data go together: what lies there, and where.");
        return kind switch
        {
            "cub" => CubDataset.Load(folder),
            "cars" => StanfordCarsDataset.Load(folder),
            "folder" => ClassFolders.Load(folder),
            _ => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()
                ? ProceduralBirds.Load(folder)
                : ProceduralBirds.Write(folder, new BirdOptions()),
        };
    }
}
