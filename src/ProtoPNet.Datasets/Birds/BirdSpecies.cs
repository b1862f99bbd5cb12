namespace ProtoPNet.Datasets;

/// <summary>The shape of a bird's beak.</summary>
public enum BeakShape
{
    /// <summary>A small cone.</summary>
    Cone,

    /// <summary>Long and slightly bent.</summary>
    Lance,

    /// <summary>Thick and high.</summary>
    Thick,
}

/// <summary>The shape of a bird's tail.</summary>
public enum TailShape
{
    /// <summary>Medium length, straight end.</summary>
    Square,

    /// <summary>Two long points.</summary>
    Forked,

    /// <summary>A wide fan.</summary>
    Fan,
}

/// <summary>The appearance of an invented species. Colours are 0xRRGGBB; null marks are absent.</summary>
/// <param name="Name">The name.</param>
/// <param name="Upper">Back, head and wings.</param>
/// <param name="Lower">Belly.</param>
public sealed record BirdSpecies(string Name, uint Upper, uint Lower)
{
    /// <summary>The beak's shape.</summary>
    public BeakShape Beak { get; init; } = BeakShape.Cone;

    /// <summary>The beak's colour.</summary>
    public uint BeakColour { get; init; } = 0x4A4A4A;

    /// <summary>The colour of a crest on the crown.</summary>
    public uint? Crest { get; init; }

    /// <summary>The colour of the crown.</summary>
    public uint? Cap { get; init; }

    /// <summary>The colour of a band through the eye.</summary>
    public uint? Mask { get; init; }

    /// <summary>The colour of throat and breast.</summary>
    public uint? Breast { get; init; }

    /// <summary>The colour of the wing; null for the colour of the back.</summary>
    public uint? Wing { get; init; }

    /// <summary>The colour of two bars across the wing.</summary>
    public uint? WingBars { get; init; }

    /// <summary>The tail's shape.</summary>
    public TailShape Tail { get; init; } = TailShape.Square;

    /// <summary>The colour of the tail; null for the colour of the back.</summary>
    public uint? TailColour { get; init; }

    /// <summary>The parts that distinguish it from species of the same colours: names in <see cref="BirdPicture.Parts"/>.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>
    /// All species: four families of four. The birds of a family share their colours and differ in one or two parts, so a classifier that
    /// separates them must have used that part.
    /// </summary>
    public static IReadOnlyList<BirdSpecies> All { get; } =
    [
        Slate("Redcrest", "crest") with { Crest = 0xE0282E },
        Slate("Barwing", "wing") with { WingBars = 0xF8F8F0 },
        Rufous("Bluewing", "wing") with { Wing = 0x2F6FE0 },
        Rufous("Blackmask", "eye") with { Mask = 0x141414 },
        Slate("Lancebill", "beak") with { Beak = BeakShape.Lance, BeakColour = 0xF08A1C },
        Slate("Rubythroat", "breast") with { Breast = 0xD81F3C },
        Rufous("Goldtail", "tail") with { Tail = TailShape.Fan, TailColour = 0xF7C81E },
        Rufous("Snowcap", "crest") with { Cap = 0xFBFBFB },
        Olive("Swallowfork", "tail") with { Tail = TailShape.Forked, TailColour = 0x1B1B22 },
        Olive("Coralbill", "beak") with { Beak = BeakShape.Thick, BeakColour = 0xF0523A },
        Olive("Inkthroat", "breast") with { Breast = 0x1C1A20 },
        Olive("Violetcap", "crest") with { Cap = 0x7A3FC0 },
        Charcoal("Flamewing", "wing") with { Wing = 0xEE5A1E },
        Charcoal("Skymask", "eye") with { Mask = 0x45B8F0 },
        Charcoal("Sunbreast", "breast") with { Breast = 0xF6C21C },
        Charcoal("Plumecrest", "crest", "tail") with { Crest = 0xF2F2F2, Tail = TailShape.Fan, TailColour = 0xF2F2F2 },
    ];

    private static BirdSpecies Slate(string name, params string[] marks) => new(name, 0x6E8196, 0xE9ECEC) { Marks = marks };

    private static BirdSpecies Rufous(string name, params string[] marks) => new(name, 0x96623C, 0xE6CFA6) { Marks = marks };

    private static BirdSpecies Olive(string name, params string[] marks) => new(name, 0x7C8C3A, 0xEBDD7C) { Marks = marks };

    private static BirdSpecies Charcoal(string name, params string[] marks) => new(name, 0x44464E, 0xA9ABB0) { Marks = marks };
}
