using System.CommandLine;
using ProtoPNet.Datasets;

namespace ProtoPNet.Cli;

/// <summary>The options that say which photographs: <c>--dataset</c>, <c>--data</c>, <c>--crop</c>.</summary>
internal sealed class DatasetChoice
{
    private readonly Option<string> _kind = new("--dataset") { Description = "What lies there: cub (CUB-200-2011), folder (one folder per class), birds (procedural; painted where absent).", Required = true };
    private readonly Option<DirectoryInfo> _folder = new("--data") { Description = "The folder of the data set.", Required = true };

    public DatasetChoice() => _kind.AcceptOnlyFromAmong("cub", "folder", "birds");

    public void AddTo(Command command)
    {
        command.Add(_kind);
        command.Add(_folder);
    }

    public ImageDataset Load(ParseResult parsed)
    {
        string folder = parsed.GetRequiredValue(_folder).FullName;
        return parsed.GetRequiredValue(_kind) switch
        {
            "cub" => CubDataset.Load(folder),
            "folder" => ClassFolders.Load(folder),
            _ => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()
                ? ProceduralBirds.Load(folder)
                : ProceduralBirds.Write(folder, new BirdOptions()),
        };
    }
}
