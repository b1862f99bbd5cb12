using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Training;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Docs;

/// <summary>The code in the documents compiles against what is built.</summary>
public sealed class CodeBlocksTests
{
    /// <summary>What every project of the .NET SDK has without writing it.</summary>
    private const string Implicit = """
        global using System; global using System.IO; global using System.Linq; global using System.Collections.Generic;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    /// <summary>What the text around the blocks has introduced.</summary>
    private const string Context = """
        using Microsoft.ML; using Microsoft.ML.Data; using ProtoPNet.MLNet; using ProtoPNet.MLNet.Training;

        public static class Introduced
        {
            public static MLContext ml = new();
            public static string folder = "";
            public static IDataView train = null!, test = null!, validation = null!, testRows = null!;
            public static ITransformer model = null!;
            public static IEstimator<ITransformer> pipeline = null!;
            public static ProtoPNetTransformer network = null!, resnet = null!, mobilenet = null!;
            public static ProtoPNetTrainer.Options options = new();
            public static LabelledPhotograph[] photographs = [];
            public static byte[] bytes = [];
            public static ProtoPNet.MLNet.Explanations.AnalysedImage[] images = [];
            public static void Normalise(Pixels from, Image to) { }
            public class Pixels { }
            public class Image { }
        }
        """;

    private static readonly string s_namespaces = string.Join(' ', new[] { typeof(ProtoPNetTransformer), typeof(ImageDataset) }
        .SelectMany(type => type.Assembly.GetExportedTypes()).Select(type => type.Namespace).Distinct()
        .Concat(["Microsoft.ML", "Microsoft.ML.Data", "Microsoft.ML.Transforms.Image"]).Select(name => $"global using {name};"));

    private static readonly MetadataReference[] s_references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static TheoryData<string, int> CSharp => Places("csharp");

    public static TheoryData<string, int> Json => Places("json");

    [Theory]
    [MemberData(nameof(CSharp))]
    public void Code_compiles(string file, int line)
    {
        CodeBlock block = CodeBlock.In("csharp").Single(one => one.File == file && one.Line == line);
        string[] errors = Errors(block.Code);
        Assert.True(errors.Length == 0, $"{file}, block at line {line}: {string.Join("; ", errors)}");
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void Schedules_and_edits_are_valid(string file, int line)
    {
        string code = CodeBlock.In("json").Single(one => one.File == file && one.Line == line).Code;
        if (code.Contains("\"edits\"", StringComparison.Ordinal)) Assert.NotEmpty(ModelEditsJson.Read(code).Edits);
        else Assert.NotEmpty(TrainingSchedule.FromJson(code).Phases);
    }

    [Fact]
    public void Code_that_names_what_does_not_exist_is_found()
    {
        Assert.Contains("Frobnicate", Assert.Single(Errors("ml.Transforms.Frobnicate();")), StringComparison.Ordinal);
        Assert.NotEmpty(Errors("using Microsoft.ML;\nBackbone backbone = null!;")); // its own usings must suffice
    }

    /// <summary>A block that begins with usings must have all that it needs; others stand in the context of the text.</summary>
    private static string[] Errors(string code)
    {
        bool complete = code.TrimStart().StartsWith("using ", StringComparison.Ordinal);
        string[] sources = [$"{Implicit} global using static Introduced; {(complete ? "" : s_namespaces)}", Context, code];
        var compilation = CSharpCompilation.Create("block",
            sources.Select(text => CSharpSyntaxTree.ParseText(text, new(LanguageVersion.Latest), cancellationToken: TestContext.Current.CancellationToken)),
            s_references, new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(one => one.Severity == DiagnosticSeverity.Error).Select(one => one.GetMessage(System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static TheoryData<string, int> Places(string language)
    {
        var places = new TheoryData<string, int>();
        foreach (CodeBlock block in CodeBlock.In(language)) places.Add(block.File, block.Line);
        return places;
    }
}
