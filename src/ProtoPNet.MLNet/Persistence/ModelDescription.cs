using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The entry <c>Model.json</c>, which describes the other entries.</summary>
internal sealed record ModelDescription
{
    /// <summary>Incremented when an older reader would misread the file.</summary>
    public const int CurrentFormat = 1;

    /// <summary>This version of the package.</summary>
    public static string Writer => $"ProtoPNet.MLNet {OwnVersion.Text}";

    public required int Format { get; init; }

    /// <summary>The version of the package that wrote the file, for information.</summary>
    public required string WrittenBy { get; init; }

    public required NetworkArchitecture Architecture { get; init; }

    /// <summary>The type of the label values; null if the keys have none.</summary>
    public string? LabelType { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required ColumnNames Columns { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>The source of each prototype, in order; null if its image is unknown.</summary>
    public required IReadOnlyList<Place?> Sources { get; init; }

    /// <summary>Each prototype's number within its class, from 1; null if none is missing, so that numbers follow by counting.</summary>
    public IReadOnlyList<int>? NumbersInClass { get; init; }

    /// <summary>What was measured of each prototype; null if nothing was of any.</summary>
    public IReadOnlyList<PrototypeTrust?>? Trust { get; init; }

    /// <summary>People's words for each prototype; null if none has any.</summary>
    public IReadOnlyList<string?>? Words { get; init; }

    /// <summary>What people changed in the model: who, when, what; null if nobody did.</summary>
    public IReadOnlyList<ModelRevision>? Revisions { get; init; }

    /// <summary>The λ that the last layer was solved with; null if unknown.</summary>
    public LastLayerPenalties? LastLayer { get; init; }

    /// <summary>How familiar the training images looked; null if unknown.</summary>
    public UsualFamiliarity? UsualFamiliarity { get; init; }

    /// <summary>A <see cref="PrototypeSource"/> without its pictures, which are separate entries.</summary>
    internal sealed record Place(long Row, string ImageId, int CellRow, int CellColumn, PixelBox Box, PixelBox ReceptiveField);

    public static ModelDescription Of(SavedModel saved) => new()
    {
        Format = CurrentFormat,
        WrittenBy = Writer,
        Architecture = saved.Model.Architecture,
        LabelType = saved.Labels.ItemType?.ToString(),
        Labels = saved.Labels.ToText(),
        Columns = saved.Columns,
        BatchSize = saved.BatchSize,
        Sources = [.. saved.Model.Prototypes.Select(p
            => p.Source is { } s ? new Place(s.Row, s.ImageId, s.CellRow, s.CellColumn, s.Box, s.ReceptiveField) : null)],
        NumbersInClass = Counted(saved.Model.Architecture).SequenceEqual(Numbers(saved.Model)) ? null : [.. Numbers(saved.Model)],
        Trust = saved.Model.Prototypes.All(p => p.Trust is null) ? null : [.. saved.Model.Prototypes.Select(p => p.Trust)],
        Words = saved.Model.Prototypes.All(p => p.Words is null) ? null : [.. saved.Model.Prototypes.Select(p => p.Words)],
        Revisions = saved.Model.Revisions.Count == 0 ? null : saved.Model.Revisions,
        LastLayer = saved.Model.Penalties,
        UsualFamiliarity = saved.Model.UsualFamiliarity,
    };

    /// <summary>The prototypes, with pictures from <paramref name="picture"/>, and the backbone's features of their patches, empty if none are known.</summary>
    public IReadOnlyList<Prototype> Prototypes(Func<string, ReadOnlyMemory<byte>> picture, Func<int, ReadOnlyMemory<float>> features)
    {
        int[] numbers = [.. NumbersInClass ?? Counted(Architecture)];
        IReadOnlyList<string> names = ClassLabels.Parse(LabelType, Labels).Names;
        return [.. Sources.Select((place, j) => new Prototype
        {
            Index = j,
            ClassIndex = Architecture.PrototypeClasses[j],
            ClassName = names[Architecture.PrototypeClasses[j]],
            NumberInClass = numbers[j],
            Trust = Trust?[j],
            Words = Words?[j],
            Source = place is null ? null : new()
            {
                Row = place.Row,
                ImageId = place.ImageId,
                CellRow = place.CellRow,
                CellColumn = place.CellColumn,
                Box = place.Box,
                ReceptiveField = place.ReceptiveField,
                Picture = picture(EntryNames.Picture(j)),
                Thumbnail = picture(EntryNames.Thumbnail(j)),
                Features = features(j),
            },
        })];
    }

    private static IEnumerable<int> Numbers(TrainedProtoPNet model) => model.Prototypes.Select(prototype => prototype.NumberInClass);

    private static int[] Counted(NetworkArchitecture architecture)
    {
        int[] seen = new int[architecture.Classes];
        return [.. architecture.PrototypeClasses.Select(k => ++seen[k])];
    }

    /// <exception cref="FormatException">It is inconsistent or of a later format; the message says what is wrong.</exception>
    public void Check()
    {
        Require(Format == CurrentFormat,
            $"it is of format {Format}; this version of ProtoPNet.MLNet reads {CurrentFormat}. It was written by {WrittenBy}.");
        try
        {
            Architecture.Check();
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
        Require(Labels.Count == Architecture.Classes, $"it names {Labels.Count} labels for {Architecture.Classes} classes.");
        Require(!Labels.Contains(null!), "a label is null.");
        Require(Sources.Count == Architecture.Prototypes, $"it describes {Sources.Count} prototypes of {Architecture.Prototypes}.");
        Require(NumbersInClass is not { } numbers || numbers.Count == Architecture.Prototypes && numbers.All(number => number >= 1),
            $"it numbers {NumbersInClass?.Count} prototypes of {Architecture.Prototypes}, or one below 1.");
        Require(Trust is null || Trust.Count == Architecture.Prototypes, $"it has measures of {Trust?.Count} prototypes of {Architecture.Prototypes}.");
        if (Trust?.FirstOrDefault(trust => trust is { IsPossible: false }) is { } wrong) throw new FormatException($"no prototype can measure {wrong}.");
        Require(Words is null || Words.Count == Architecture.Prototypes, $"it has words for {Words?.Count} prototypes of {Architecture.Prototypes}.");
        Require(Words?.All(words => words is null || Prototype.AreWords(words)) != false, "the words for a prototype are too long, or not one line.");
        foreach (ModelRevision? revision in Revisions ?? [])
        {
            Require(revision is not null, "a revision is null.");
            if (revision!.Fault is { } fault) throw new FormatException($"in a revision, {fault}");
        }
        Require(LastLayer is null or { Temperature: > 0 and < double.PositiveInfinity }, $"its temperature is {LastLayer?.Temperature}.");
        Require(UsualFamiliarity is not { IsPossible: false }, $"its usual familiarity is {UsualFamiliarity}.");
        // A model of an earlier version has no column of familiarities, whose name may be that of another.
        string[] columns = [Columns.Image, Columns.Score, Columns.PredictedLabel, Columns.Similarities];
        Require(!columns.Contains("") && Columns.Familiarity is not (null or "") && columns.Skip(1).Distinct().Count() == 3, $"its columns are '{string.Join("', '", columns)}'.");
        long pixels = 3L * Architecture.ImageSize * Architecture.ImageSize;
        Require(BatchSize is >= 1 and <= 65_536 && pixels * BatchSize <= Array.MaxLength, $"its batch size is {BatchSize}.");
        ReceptiveField field = ReceptiveField.Of(Architecture);
        for (int j = 0; j < Sources.Count; j++)
        {
            if (Sources[j] is { } p)
                Require(PrototypeSource.Fits(field, p.Row, p.CellRow, p.CellColumn, p.Box, p.ReceptiveField),
                    $"the place of prototype {j} is none of an image of {field.ImageSize} px: {p}.");
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new FormatException(otherwise);
    }
}
