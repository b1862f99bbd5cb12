using System.Text.Json;
using ProtoPNet.Cli.Verbs;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>What the tool asks of .NET's garbage collector.</summary>
public sealed class ToolMemoryTests
{
    [Fact]
    public void Pictures_are_no_large_objects_to_the_tool()
    {
        const int PictureBytes = 224 * 224 * 3 * sizeof(float);
        string settings = Path.ChangeExtension(typeof(TrainVerb).Assembly.Location, ".runtimeconfig.json");
        JsonElement options = JsonDocument.Parse(File.ReadAllText(settings)).RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.True(options.GetProperty("System.GC.LOHThreshold").GetInt32() > PictureBytes);
    }
}
