using Microsoft.ML;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The entry <c>Ensemble.json</c>: the names of the members, whose models lie in folders beside it.</summary>
internal sealed record EnsembleDescription
{
    /// <summary>Incremented when an older reader would misread the file.</summary>
    public const int CurrentFormat = 1;

    private const int MostMembers = 1000;

    public required int Format { get; init; }

    /// <summary>The version of the package that wrote the file, for information.</summary>
    public required string WrittenBy { get; init; }

    public required IReadOnlyList<string> Members { get; init; }

    /// <exception cref="FormatException">It is inconsistent or of a later format; the message says what is wrong.</exception>
    public void Check()
    {
        if (Format != CurrentFormat)
            throw new FormatException(
                $"it is of format {Format}; this version of ProtoPNet.MLNet reads {CurrentFormat}. It was written by {WrittenBy}.");
        if (Members.Count is < 2 or > MostMembers || Members.Any(string.IsNullOrWhiteSpace))
            throw new FormatException($"it names {Members.Count} members, or one without a name.");
    }
}

/// <summary>Stores an ensemble as entries of ML.NET's zip: its description, and a folder for each member.</summary>
internal static class EnsembleEntries
{
    /// <summary>The folder of a member's model.</summary>
    public static string Member(int index) => $"Member{index + 1:D3}";

    public static void Write(ModelSaveContext ctx, IReadOnlyList<string> members)
    {
        EnsembleDescription description = new()
        {
            Format = EnsembleDescription.CurrentFormat,
            WrittenBy = ModelDescription.Writer,
            Members = members,
        };
        ctx.SaveBinaryStream(EntryNames.Ensemble, writer => ModelJson.Write(writer.BaseStream, description));
    }

    /// <summary>The names of the members.</summary>
    /// <exception cref="FormatException">The entry is missing, damaged or of a later format.</exception>
    public static IReadOnlyList<string> Read(ModelLoadContext ctx)
        => ModelEntries.Entry(ctx, EntryNames.Ensemble, ModelEntries.SmallEntry, ModelJson.ReadEnsemble).Members;
}
