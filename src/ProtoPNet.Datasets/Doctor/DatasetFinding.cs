namespace ProtoPNet.Datasets;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know.</summary>
    Note,

    /// <summary>Results will suffer or mislead.</summary>
    Warning,

    /// <summary>Training will stop, or leave something out.</summary>
    Error,
}

/// <summary>Something that <see cref="DatasetDoctor"/> found.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Text">One sentence that says it.</param>
public abstract record DatasetFinding(FindingSeverity Severity, string Text);

/// <summary>Something without which there is no training.</summary>
public abstract record TrainingStop(string Text) : DatasetFinding(FindingSeverity.Error, Text);

/// <summary>Fewer classes than there must be to tell apart.</summary>
public sealed record TooFewClasses(int Classes)
    : TrainingStop($"There {(Classes == 1 ? "is 1 class" : $"are {Classes} classes")}; at least two are needed, each in a folder of its own.");

/// <summary>A class without a photograph to take prototypes from.</summary>
public sealed record EmptyClass(string Label) : TrainingStop($"{Label} has no readable photograph to train with.");

/// <summary>A photograph that training leaves out.</summary>
public abstract record LeftOutFile(string ImagePath, string Reason, string Text) : DatasetFinding(FindingSeverity.Error, Text);

/// <summary>A file that is no picture, or damaged, too small, too large, or gone.</summary>
public sealed record UnreadableFile(string ImagePath, string Reason) : LeftOutFile(ImagePath, Reason, $"{ImagePath} cannot be read: {Reason}");

/// <summary>A picture in a format that is not read.</summary>
public sealed record OtherFormat(string ImagePath, string Reason) : LeftOutFile(ImagePath, Reason, $"{ImagePath} cannot be read: {Reason}");

/// <summary>A picture that lies turned or mirrored in its file, as phones write it.</summary>
public sealed record TurnedPicture(string ImagePath, int Orientation)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} is stored turned (EXIF orientation {Orientation}); it is read upright.");

/// <summary>The same pixels in both splits: the test would ask what has been learnt by heart.</summary>
public sealed record InBothSplits(string TrainPath, string TestPath)
    : DatasetFinding(FindingSeverity.Warning, $"{TestPath} of the test split is {TrainPath} of the training split.");

/// <summary>The same pixels twice in one split, under one class.</summary>
public sealed record RepeatedPicture(string FirstPath, string SecondPath)
    : DatasetFinding(FindingSeverity.Note, $"{SecondPath} is {FirstPath} once more.");

/// <summary>The same pixels under two classes: one of the labels is wrong.</summary>
public sealed record ContradictoryLabels(string FirstPath, string FirstLabel, string SecondPath, string SecondLabel)
    : DatasetFinding(FindingSeverity.Warning, $"{FirstPath} is labelled {FirstLabel}, and the same picture as {SecondPath} {SecondLabel}.");

/// <summary>A class with too few photographs to train with.</summary>
public sealed record SmallClass(string Label, int Photographs, int Wanted)
    : DatasetFinding(FindingSeverity.Warning,
        $"{Label} has {Photographs} readable photographs to train with; fewer than {Wanted} make poor prototypes.");

/// <summary>A class that the test split lacks, though there is one.</summary>
public sealed record UntestedClass(string Label) : DatasetFinding(FindingSeverity.Warning, $"{Label} has no photograph in the test split.");

/// <summary>A picture without colours.</summary>
public sealed record GreyPicture(string ImagePath) : DatasetFinding(FindingSeverity.Note, $"{ImagePath} is grey.");

/// <summary>A picture with transparent pixels; they are read as if on white paper.</summary>
public sealed record TransparentPicture(string ImagePath)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} has transparent pixels, which count as white.");

/// <summary>A picture smaller than the network's input.</summary>
public sealed record SmallPicture(string ImagePath, int Width, int Height)
    : DatasetFinding(FindingSeverity.Note, $"{ImagePath} has {Width}×{Height} pixels and will be enlarged.");

/// <summary>A bounding box that reaches outside its photograph or is empty.</summary>
public sealed record BoxOutside(string ImagePath, float Left, float Top, float BoxWidth, float BoxHeight, int Width, int Height)
    : DatasetFinding(FindingSeverity.Warning,
        $"{ImagePath}: the box of {BoxWidth}×{BoxHeight} at ({Left}, {Top}) is not inside {Width}×{Height} pixels.");
