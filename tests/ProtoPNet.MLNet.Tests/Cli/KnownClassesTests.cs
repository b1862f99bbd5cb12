using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class KnownClassesTests
{
    private static readonly string[] Model = ["Robin", "Wren"];

    private static ImageRecord[] Records(params string[] labels)
        => [.. labels.Select((label, i) => new ImageRecord { ImagePath = $"{i}.jpg", Label = label, IsTrain = false })];

    [Fact]
    public void Photographs_of_unknown_classes_are_left_out_and_counted_by_class()
    {
        using var warnings = new StringWriter();
        IReadOnlyList<ImageRecord> known = KnownClasses.Of(Model, Records("Wren", "Stork", "Robin", "Stork", "Heron"))
            .OrFail("not measured", warnings);
        Assert.Equal(["0.jpg", "2.jpg"], known.Select(r => r.ImagePath));
        Assert.Equal(
            "warning: 3 of 5 photographs are not measured: the model does not know the 2 classes Stork (2), Heron (1).", warnings.ToString().Trim());
    }

    [Fact]
    public void Without_a_known_class_there_is_nothing_to_measure()
        => Assert.Equal(
            "The model knows none of the classes of these 2 photographs: Stork (1), Heron (1). It knows Robin, Wren.",
            Assert.Throws<DatasetException>(() => KnownClasses.Of(Model, Records("Stork", "Heron")).OrFail("not measured", TextWriter.Null)).Message);

    [Fact]
    public void Names_that_differ_in_case_alone_are_pointed_out()
    {
        Assert.Contains(
            "Class names are case-sensitive: 'robin' is not 'Robin', and the same for 1 more; rename the folders.",
            Assert.Throws<DatasetException>(() => KnownClasses.Of(Model, Records("robin", "WREN")).OrFail("not measured", TextWriter.Null)).Message);
        using var warnings = new StringWriter();
        KnownClasses.Of(Model, Records("Robin", "wren")).OrFail("not measured", warnings);
        Assert.Contains("'wren' is not 'Wren'; rename", warnings.ToString());
    }

    [Fact]
    public void Where_all_classes_are_known_nothing_is_said()
    {
        using var warnings = new StringWriter();
        Assert.Equal(2, KnownClasses.Of(Model, Records("Wren", "Robin")).OrFail("not measured", warnings).Count);
        Assert.Equal("", warnings.ToString());
    }
}
