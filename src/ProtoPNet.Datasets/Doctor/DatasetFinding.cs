namespace ProtoPNet.Datasets;

/// <summary>The severity of a finding.</summary>
public enum FindingSeverity
{
    /// <summary>Informational.</summary>
    Note,

    /// <summary>Results will suffer or be misleading.</summary>
    Warning,

    /// <summary>Training will stop, or leave files out.</summary>
    Error,
}

/// <summary>Something that <see cref="DatasetDoctor"/> found.</summary>
/// <param name="Severity">The severity.</param>
/// <param name="Text">A one-sentence description.</param>
public abstract record DatasetFinding(FindingSeverity Severity, string Text);

/// <summary>A finding that prevents training.</summary>
public abstract record TrainingStop(string Text) : DatasetFinding(FindingSeverity.Error, Text);

/// <summary>Too few classes to train.</summary>
public sealed record TooFewClasses(int Classes)
    : TrainingStop($"There {(Classes == 1 ? "is 1 class" : $"are {Classes} classes")}; at least two are needed, each in a folder of its own.");

/// <summary>A class without training photographs for its prototypes.</summary>
public sealed record EmptyClass(string Label) : TrainingStop($"{Label} has no readable training photographs.");

/// <summary>A photograph that training leaves out.</summary>
public abstract record LeftOutFile(string ImagePath, string Reason, string Text) : DatasetFinding(FindingSeverity.Error, Text);

/// <summary>A file that is not a picture, damaged, too small, too large, or missing.</summary>
public sealed record UnreadableFile(string ImagePath, string Reason) : LeftOutFile(ImagePath, Reason, $"{ImagePath} cannot be read: {Reason}");

/// <summary>A picture in an unsupported format.</summary>
public sealed record OtherFormat(string ImagePath, string Reason) : LeftOutFile(ImagePath, Reason, $"{ImagePath} cannot be read: {Reason}");

/// <summary>A picture stored rotated or mirrored, as phones do.</summary>
public sealed record TurnedPicture(string ImagePath, int Orientation)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} is stored rotated (EXIF orientation {Orientation}); it is read upright.");

/// <summary>The same pixels in both splits: the test would measure memorisation.</summary>
public sealed record InBothSplits(string TrainPath, string TestPath)
    : DatasetFinding(FindingSeverity.Warning, $"{TestPath} of the test split is the same picture as {TrainPath} of the training split.");

/// <summary>The same pixels twice in one split, under one class.</summary>
public sealed record RepeatedPicture(string FirstPath, string SecondPath)
    : DatasetFinding(FindingSeverity.Note, $"{SecondPath} is a copy of {FirstPath}.");

/// <summary>The same pixels under two classes: one of the labels is wrong.</summary>
public sealed record ContradictoryLabels(string FirstPath, string FirstLabel, string SecondPath, string SecondLabel)
    : DatasetFinding(FindingSeverity.Warning, $"{FirstPath}, labelled {FirstLabel}, is the same picture as {SecondPath}, labelled {SecondLabel}.");

/// <summary>A class with too few training photographs.</summary>
public sealed record SmallClass(string Label, int Photographs, int Wanted)
    : DatasetFinding(FindingSeverity.Warning,
        $"{Label} has {Photographs} readable training photographs; fewer than {Wanted} make poor prototypes.");

/// <summary>A class missing from the test split.</summary>
public sealed record UntestedClass(string Label) : DatasetFinding(FindingSeverity.Warning, $"{Label} has no photographs in the test split.");

/// <summary>A greyscale picture.</summary>
public sealed record GreyPicture(string ImagePath) : DatasetFinding(FindingSeverity.Note, $"{ImagePath} is greyscale.");

/// <summary>A picture with transparent pixels, which are composited on white.</summary>
public sealed record TransparentPicture(string ImagePath)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} has transparent pixels, which are composited on white.");

/// <summary>A picture smaller than the network's input.</summary>
public sealed record SmallPicture(string ImagePath, int Width, int Height)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} has {Width}×{Height} pixels and will be enlarged.");

/// <summary>A bounding box that reaches outside its photograph or is empty.</summary>
public sealed record BoxOutside(string ImagePath, float Left, float Top, float BoxWidth, float BoxHeight, int Width, int Height)
    : DatasetFinding(FindingSeverity.Warning,
        $"{ImagePath}: the box of {BoxWidth}×{BoxHeight} at ({Left}, {Top}) is not inside {Width}×{Height} pixels.");
