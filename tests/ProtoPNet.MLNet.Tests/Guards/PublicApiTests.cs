using System.Reflection;
using ProtoPNet.Datasets;
using PublicApiGenerator;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>What is public is written down: nothing becomes public, changes or disappears unnoticed.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData(typeof(ProtoPNetTransformer))]
    [InlineData(typeof(ImageDataset))]
    public void What_is_public_is_what_is_written_down(Type ofAssembly)
    {
        Assembly assembly = ofAssembly.Assembly;
        string file = Path.Combine(Shared.Root, "tests", "ProtoPNet.MLNet.Tests", "Guards", "PublicApi", assembly.GetName().Name + ".txt");
        string now = assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("PROTOPNET_UPDATE") == "1") File.WriteAllText(file, now);
        string[] written = File.ReadAllText(file).ReplaceLineEndings("\n").Split('\n'), found = now.Split('\n');
        Assert.True(written.SequenceEqual(found), $"The public members of {assembly.GetName().Name} are not those in '{file}'. New: "
            + $"{string.Join("; ", found.Except(written).Take(10))}. Gone: {string.Join("; ", written.Except(found).Take(10))}. "
            + "If that is meant, run this test with PROTOPNET_UPDATE=1.");
    }
}
