using System.CommandLine;
using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>The options that select the photographs: <c>--dataset</c>, <c>--data</c>, <c>--stop-on-unreadable</c>.</summary>
internal sealed class DatasetChoice
{
    private readonly Option<string?> _kind;
    private readonly Option<DirectoryInfo?> _folder;
    private readonly UnreadablePhotographs _unreadable = new();

    /// <param name="required">Whether the verb needs photographs.</param>
    public DatasetChoice(bool required = true) : this("--dataset", "--data", "The kind of data set", "The folder of the data set")
    {
        _folder.Required = required;
    }

    private DatasetChoice(string kind, string folder, string kindMeans, string folderMeans)
    {
        _kind = new(kind)
        {
            Description = $"{kindMeans}: cub (CUB-200-2011), cars (Stanford Cars), folder (one folder per class), birds (procedural; created if "
                + "missing); recognised by its files unless given.",
        };
        _folder = new(folder) { Description = folderMeans + "." };
        _kind.AcceptOnlyFromAmong("cub", "cars", "folder", "birds");
    }

    /// <summary>The options <c>--novel-dataset</c> and <c>--novel-data</c>: a second data set, of something else.</summary>
    public static DatasetChoice Novel() => new(
        "--novel-dataset", "--novel-data", "Also measure whether the model notices what it does not know, on a data set of something else",
        "The folder of that data set");

    public void AddTo(Command command)
    {
        AddSourceTo(command);
        _unreadable.AddTo(command);
    }

    /// <summary>For verbs that do not skip photographs.</summary>
    public void AddSourceTo(Command command)
    {
        command.Add(_kind);
        command.Add(_folder);
    }

    /// <summary>The usable photographs of <paramref name="dataset"/>; the others are listed on the error stream.</summary>
    /// <exception cref="DatasetException">Some are unusable and the verb must stop, or none is usable.</exception>
    public ImageDataset Readable(ParseResult parsed, ImageDataset dataset, CancellationToken cancellation)
        => _unreadable.LeaveOut(parsed, dataset, cancellation);

    /// <summary>The selected data set.</summary>
    /// <exception cref="ArgumentException">None was selected.</exception>
    public ImageDataset Load(ParseResult parsed) => LoadIfGiven(parsed) ?? throw new ArgumentException("No photographs given: add --data.");

    /// <summary>The selected data set; null if none was.</summary>
    /// <exception cref="ArgumentException">Only its kind was given.</exception>
    public ImageDataset? LoadIfGiven(ParseResult parsed)
    {
        string? kind = parsed.GetValue(_kind), folder = parsed.GetValue(_folder)?.FullName;
        if (folder is null) return kind is null ? null : throw new ArgumentException($"{_kind.Name} {kind} needs its folder: add {_folder.Name}.");
        return kind switch
        {
            null => AnyDataset.Load(folder),
            "cub" => CubDataset.Load(folder),
            "cars" => StanfordCarsDataset.Load(folder),
            "folder" => ClassFolders.Load(folder),
            _ => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()
                ? ProceduralBirds.Load(folder)
                : ProceduralBirds.Write(folder, new BirdOptions()),
        };
    }
}
