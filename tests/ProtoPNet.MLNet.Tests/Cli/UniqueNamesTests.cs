using CsCheck;
using ProtoPNet.Cli;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

public sealed class UniqueNamesTests
{
    [Fact]
    public void A_name_is_the_files_own_as_long_as_that_tells_it_apart()
    {
        Assert.Equal(["robin", "wren"], UniqueNames.Of(["/photos/robin.jpg", "/photos/wren.png"]));
        Assert.Equal(["a-jpg", "a-png"], UniqueNames.Of(["/photos/a.jpg", "/photos/a.png"]));
        Assert.Equal(["A-0013", "B-0013", "0014"], UniqueNames.Of(["/photos/A/0013.jpg", "/photos/B/0013.jpg", "/photos/B/0014.jpg"]));
        Assert.Equal(["x-A-1", "y-A-1"], UniqueNames.Of(["/x/A/1.jpg", "/y/A/1.jpg"]));
    }

    [Fact]
    public void Names_are_different_whatever_the_paths()
        => Gen.String[Gen.Char["aAb-./"], 1, 8].Array[1, 8].Sample(texts =>
        {
            string[] paths = [.. texts.Select(text => "/" + text.TrimStart('/')).Where(path => Path.GetFileName(path).Length > 0).Distinct()];
            IReadOnlyList<string> names = UniqueNames.Of(paths);
            Assert.Equal(paths.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            Assert.All(names, name => Assert.DoesNotContain('/', name));
        });
}
