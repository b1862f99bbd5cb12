using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Persistence;

public sealed class SavedModelTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("protopnet-model-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IDataView Data => _ml.Data.LoadFromEnumerable(Photos(6));

    private string Save(ProtoPNetTransformer transformer, string name = "model.zip")
    {
        string path = Path.Combine(_folder, name);
        _ml.Model.Save(transformer, Data.Schema, path);
        return path;
    }

    [Theory]
    [InlineData(LatentSpace.Cube, 1e-4)]
    [InlineData(LatentSpace.Sphere, 1e-4)]
    [InlineData(LatentSpace.Sphere, 0.3)]
    public void A_loaded_model_scores_the_same_and_knows_its_prototypes(LatentSpace space, double epsilon)
    {
        using ProtoPNetTransformer transformer = Transformer(Trained(space: space, epsilon: epsilon));
        using var loaded = (ProtoPNetTransformer)new MLContext().Model.Load(Save(transformer), out DataViewSchema schema);

        Assert.NotNull(schema.GetColumnOrNull("Name")); // ML.NET drops image columns from a saved schema
        Assert.Equal(transformer.Transform(Data).GetColumn<float[]>("Score"), loaded.Transform(Data).GetColumn<float[]>("Score"));
        Assert.Equal(transformer.Transform(Data).GetColumn<float[]>("Similarities"), loaded.Transform(Data).GetColumn<float[]>("Similarities"));
        Assert.Equal(transformer.ClassNames, loaded.ClassNames);
        Assert.Equal(6, loaded.Prototypes.Count);
        foreach ((Prototype e, Prototype f) in transformer.Prototypes.Zip(loaded.Prototypes))
        {
            Assert.Equal((e.Index, e.ClassIndex, e.ClassName, e.NumberInClass), (f.Index, f.ClassIndex, f.ClassName, f.NumberInClass));
            if (e.Source is null)
            {
                Assert.Null(f.Source);
                continue;
            }
            Assert.Equal(e.Source with { Picture = default, Thumbnail = default }, f.Source! with { Picture = default, Thumbnail = default });
            Assert.Equal(e.Source.Picture.ToArray(), f.Source.Picture.ToArray());
            Assert.Equal(e.Source.Thumbnail.ToArray(), f.Source.Thumbnail.ToArray());
        }
    }

    [Fact]
    public void A_file_that_says_no_epsilon_is_of_a_model_with_the_papers()
    {
        using ProtoPNetTransformer transformer = Transformer();
        string path = Save(transformer);
        ModelZip parts = ModelZip.Read(File.ReadAllBytes(path));
        int at = parts.Find("Model.json");
        JsonObject description = JsonNode.Parse(parts.Entries[at].Bytes)!.AsObject();
        Assert.True(description["architecture"]!.AsObject().Remove("epsilon"));
        File.WriteAllBytes(path, parts.With(at, Encoding.UTF8.GetBytes(description.ToJsonString())).ToFile());
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(path, out _);
        Assert.Equal(transformer.Transform(Data).GetColumn<float[]>("Similarities"), loaded.Transform(Data).GetColumn<float[]>("Similarities"));
    }

    [Fact]
    public void Words_and_revisions_are_saved_with_the_model()
    {
        using ProtoPNetTransformer transformer = Transformer();
        ModelRevision revision = new("Ada", new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)),
            [new ModelEdit.Rename("Robin #2", "red <breast>"), new ModelEdit.Rename("Robin #1"), new ModelEdit.Forbid("a.jpg", new(0, 4, 1, 5)),
            new ModelEdit.StrikeOut("Wren #1"), new ModelEdit.Merge("Cardinal #2", "Cardinal #1")]);
        using ProtoPNetTransformer edited = transformer.Edit(revision, cancellation: TestContext.Current.CancellationToken).Transformer;
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(Save(edited), out _);
        Assert.Equal([null, null, "red <breast>", null], loaded.Prototypes.Select(prototype => prototype.Words));
        ModelRevision read = Assert.Single(loaded.Inside().Revisions);
        Assert.Equal((revision.By, revision.When), (read.By, read.When));
        Assert.Equal(revision.Edits, read.Edits);
    }

    /// <summary>Files from before there were words have none of the two members.</summary>
    [Fact]
    public void A_model_that_nobody_edited_says_nothing_of_edits()
    {
        using ProtoPNetTransformer transformer = Transformer();
        string path = Save(transformer);
        ModelZip parts = ModelZip.Read(File.ReadAllBytes(path));
        string description = Encoding.UTF8.GetString(parts.Entries[parts.Find("Model.json")].Bytes);
        Assert.DoesNotContain("\"words\"", description, StringComparison.Ordinal);
        Assert.DoesNotContain("\"revisions\"", description, StringComparison.Ordinal);
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(path, out _);
        Assert.All(loaded.Prototypes, prototype => Assert.Null(prototype.Words));
        Assert.Empty(loaded.Inside().Revisions);
    }

    [Fact]
    public void Equal_models_give_equal_entries_and_saving_again_changes_nothing()
    {
        using ProtoPNetTransformer one = Transformer(), two = Transformer();
        Dictionary<string, byte[]> first = Entries(Save(one, "one.zip")), second = Entries(Save(two, "two.zip"));
        Assert.Equal(first, second);
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(Path.Combine(_folder, "one.zip"), out _);
        Assert.Equal(first, Entries(Save(loaded, "again.zip")));
        Assert.All(first.Keys.Select(k => k.Split('\\', '/')[^1]).Distinct(),
            name => Assert.Matches(
                @"^(Version\.txt|Model\.key|Schema|Model\.json|Network\.safetensors|Prototype\d{5}(\.Context)?\.png|.*Schema.*)$", name));
    }

    [Fact]
    public void What_was_measured_of_prototypes_is_saved_with_the_model()
    {
        using ProtoPNetTransformer model = Transformer();
        InterpretabilityReport measured = model.MeasureInterpretability(Enumerable.Range(0, 9).Select(i => new AnalysedImage($"{i}", i % 3, () => Picture(i))
        {
            Parts = i == 0 ? [] : [new("crown", 20, 15), new("tail", 3, 28)],
        }), cancellation: TestContext.Current.CancellationToken);
        using ProtoPNetTransformer trusted = model.WithTrust(measured);
        Assert.All(model.Prototypes, prototype => Assert.Null(prototype.Trust));
        Assert.Equal(measured.Prototypes.Select(one => one.Trust), trusted.Prototypes.Select(one => one.Trust!));
        Assert.Equal(model.Transform(Data).GetColumn<float[]>("Score"), trusted.Transform(Data).GetColumn<float[]>("Score"));

        string path = Save(trusted);
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(path, out _);
        Assert.Equal(measured.Prototypes.Select(one => one.Trust), loaded.Prototypes.Select(one => one.Trust!));
        Assert.Equal(Entries(path), Entries(Save(loaded, "again.zip")));
        using ProtoPNetTransformer pruned = loaded.Prune(new() { Remove = [2] }, cancellation: TestContext.Current.CancellationToken).Transformer;
        Assert.Equal(measured.Prototypes[3].Trust, pruned.Prototypes[2].Trust);
        Refused(path, "Model.json", b => Replace(b, "\"visible\": 3", "\"visible\": 0"), "Model.json", "no prototype can measure");
        Assert.Throws<ArgumentException>(() => pruned.WithTrust(measured));
    }

    [Fact]
    public void A_home_and_a_cache_that_cannot_be_written_are_no_obstacle()
    {
        using ProtoPNetTransformer transformer = Transformer();
        string path = Save(transformer), picture = Path.Combine(_folder, "bird.png");
        File.WriteAllBytes(picture, MLNet.Images.ImageCodec.EncodePng(Picture(1)));
        // A file cannot contain a folder, not even for root.
        string nowhere = Path.Combine(picture, "home");
        Assert.Contains("Cardinal Robin Wren", FreshProcess.Run(path, picture, ("HOME", nowhere), ("PROTOPNET_CACHE", nowhere)));
        Assert.Contains("Cardinal Robin Wren", FreshProcess.Run(path, picture, ("HOME", nowhere), ("PROTOPNET_CACHE", "")));
    }

    [Fact]
    public void A_fresh_process_that_names_nothing_of_ours_loads_it()
    {
        using ProtoPNetTransformer transformer = Transformer();
        string path = Save(transformer), pictures = Path.Combine(_folder, "bird.png");
        File.WriteAllBytes(pictures, MLNet.Images.ImageCodec.EncodePng(Picture(1)));
        string output = FreshProcess.Run(path, pictures);
        float[] score = [.. _ml.Data.CreateEnumerable<Scored>(
            transformer.Transform(_ml.Data.LoadFromEnumerable(new List<Photo> { new() { Image = Image(Picture(1)) } })), false).Single().Score];
        Assert.Contains($"[{string.Join(" ", score.Select(s => s.ToString("R")))}]", output);
        Assert.Contains("Cardinal Robin Wren", output);
    }

    [Theory]
    [InlineData("Int32", "7,3,9")]
    [InlineData("Single", "0.1,-1E-07,3.5")]
    [InlineData("Boolean", "True,False,True")]
    [InlineData("UInt64", "18446744073709551615,0,1")]
    [InlineData(null, "1,2,3")]
    public void Labels_keep_their_type(string? type, string values)
    {
        using ProtoPNetTransformer transformer = Transformer(labels: ClassLabels.Parse(type, values.Split(',')));
        using var loaded = (ProtoPNetTransformer)_ml.Model.Load(Save(transformer), out _);
        Assert.Equal(values.Split(','), loaded.ClassNames);
        DataViewSchema.Column predicted = loaded.GetOutputSchema(Data.Schema)["PredictedLabel"];
        Assert.Equal(type, (predicted.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type as VectorDataViewType)?.ItemType.ToString());
    }

    [Fact]
    public void Entries_that_are_missing_damaged_or_of_another_network_are_named_with_the_reason()
    {
        using ProtoPNetTransformer transformer = Transformer();
        string good = Save(transformer);
        Refused(good, "Network.safetensors", _ => null, "Network.safetensors", "no such entry");
        Refused(good, "Network.safetensors", b => b[..(b.Length / 2)], "Network.safetensors", "truncated");
        Refused(good, "Network.safetensors", b => [.. b, 0], "Network.safetensors");
        Refused(good, "Network.safetensors", b => Replace(b, "prototype_vectors", "prototype_vectorz"), "prototype_vectors");
        Refused(good, "Model.json", _ => null, "Model.json", "no such entry");
        Refused(good, "Model.json", b => b[..^10], "Model.json");
        Refused(good, "Model.json", b => Replace(b, "\"format\": 1", "\"format\": 9"), "format 9", "reads 1");
        Refused(good, "Model.json", b => Replace(b, "\"prototypeDepth\": 8", "\"prototypeDepth\": 800"), "prototype_vectors");
        Refused(good, "Model.json", b => Replace(b, "\"classes\": 3", "\"classes\": 4"), "labels");
        Refused(good, "Model.json", b => Replace(b, "\"ResNet18\"", "\"ResNet50\""), "missing");
        Refused(good, "Prototype00001.png", _ => null, "Prototype00001.png");
    }

    private void Refused(string good, string entry, Func<byte[], byte[]?> change, params string[] reasons)
    {
        string bad = Path.Combine(_folder, "bad.zip");
        File.Copy(good, bad, overwrite: true);
        using (ZipArchive zip = ZipFile.Open(bad, ZipArchiveMode.Update))
        {
            ZipArchiveEntry old = zip.Entries.Single(e => e.FullName.EndsWith(entry, StringComparison.Ordinal));
            byte[]? changed = change(Bytes(old));
            string name = old.FullName;
            old.Delete();
            if (changed is not null)
            {
                using Stream stream = zip.CreateEntry(name).Open();
                stream.Write(changed);
            }
        }
        // ML.NET calls loaders by reflection and does not unwrap exceptions.
        Exception e = Assert.IsType<FormatException>(Ours(Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(bad, out _))));
        Assert.All(reasons, reason => Assert.Contains(reason, e.Message));
    }

    private static Exception Ours(Exception e) => e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? Ours(inner) : e;

    private static byte[] Replace(byte[] bytes, string what, string with)
    {
        string text = Encoding.Latin1.GetString(bytes);
        Assert.Contains(what, text);
        return Encoding.Latin1.GetBytes(text.Replace(what, with, StringComparison.Ordinal));
    }

    internal static Dictionary<string, byte[]> Entries(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        return zip.Entries.ToDictionary(e => e.FullName, Bytes);
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
