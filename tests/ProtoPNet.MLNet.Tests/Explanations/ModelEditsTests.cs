using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Pruning;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class ModelEditsTests
{
    private static readonly ModelEdit[] AllKinds =
    [
        new ModelEdit.StrikeOut("class 0 #2"),
        new ModelEdit.Forbid("picture 4", new(0, Models.Side, 0, Models.Side)),
        new ModelEdit.Merge("class 2 #3", "class 2 #1"),
        new ModelEdit.Rename("class 2 #1", "red wing patch"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Edits_survive_their_file()
        => Assert.Equal(AllKinds, ModelEditsJson.Read(ModelEditsJson.Write(new(AllKinds))).Edits);

    [Fact]
    public void A_file_may_be_written_by_hand()
    {
        ModelEdits read = ModelEditsJson.Read("""{"edits":[{"prototype":"A #1","edit":"strikeOut"},{"edit":"rename","prototype":"A #2"}]}""");
        Assert.Equal([new ModelEdit.StrikeOut("A #1"), new ModelEdit.Rename("A #2")], read.Edits);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"edits":null}""")]
    [InlineData("""{"edits":[null]}""")]
    [InlineData("""{"format":2,"edits":[]}""")]
    [InlineData("""{"edits":[{"edit":"delete","prototype":"A #1"}]}""")]
    [InlineData("""{"edits":[{"edit":"strikeOut"}]}""")]
    [InlineData("""{"edits":[{"edit":"strikeOut","prototype":null}]}""")]
    [InlineData("""{"edits":[{"edit":"merge","prototype":"A #1","into":"A #1"}]}""")]
    [InlineData("""{"edits":[{"edit":"rename","prototype":"A #1","words":" "}]}""")]
    [InlineData("""{"edits":[{"edit":"rename","prototype":"A #1","words":"a\nb"}]}""")]
    [InlineData("""{"edits":[{"edit":"forbid","imageId":"a.jpg","region":{"top":5,"bottom":5,"left":0,"right":9}}]}""")]
    [InlineData("""{"edits":[{"edit":"forbid","imageId":"a.jpg","region":{"top":-1,"bottom":5,"left":0,"right":9}}]}""")]
    public void What_is_no_list_of_edits_is_refused(string json) => Assert.Throws<FormatException>(() => ModelEditsJson.Read(json));

    [Fact]
    public void Edits_make_a_model_whose_last_layer_is_the_optimum_for_the_prototypes_that_stay()
    {
        using ProtoPNetTransformer before = Transformer(Models.Make(sources: Models.Images(9)));
        AnalysedImage[] training = Models.Images(24), test = [.. Models.Images(36).Skip(24)];
        DateTimeOffset when = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        ModelRevision revision = new("Ada", when, AllKinds);
        PrunedProtoPNet edited = before.Edit(revision, training, test, new() { Views = 1, L1 = new L1Choice.Fixed(1e-2) }, Cancellation);
        using ProtoPNetTransformer after = edited.Transformer;

        // Prototype 4 is class 1 #2, the patch of picture 4.
        Assert.Equal(
            ["class 0 #1", "class 0 #3", "class 1 #1", "class 1 #3", "class 2 #1", "class 2 #2"], after.Prototypes.Select(prototype => prototype.Name));
        Assert.Equal(Enumerable.Range(0, 6), after.Prototypes.Select(prototype => prototype.Index));
        Assert.Equal([null, null, null, null, "red wing patch", null], after.Prototypes.Select(prototype => prototype.Words));
        Assert.Equal(
            [new PruningReason.Chosen(), new PruningReason.Forbidden("picture 4"), new PruningReason.MergedInto(before.Prototypes[6])],
            edited.Report.Pruned.Select(gone => gone.Reason));
        Assert.Equal([revision], after.Inside().Revisions);
        Assert.Equal(9, before.Prototypes.Count);
        Assert.Empty(before.Inside().Revisions);

        Matrix<float> similarities = Matrix<float>.Build.DenseOfRowArrays(
            training.Select(image => after.Inside().Explain(image.Load()).Activations.Select(activation => activation.Similarity).ToArray()));
        int[] labels = [.. training.Select(image => image.ClassIndex!.Value)];
        LastLayerProblem problem = new(similarities, labels, after.Inside().Architecture.PrototypeClasses, 3) { L1 = 1e-2 };
        LastLayerObjective reached = LastLayerObjective.Of(problem, Matrix<float>.Build.DenseOfArray(after.Inside().LastLayerWeights));
        Assert.Equal(edited.Report.LastLayer!.Solution.Certificate.Objective, reached.Value, 1e-4);
        Assert.Equal(LastLayerSolver.Solve(problem, null, Cancellation).Certificate.Objective, reached.Value, 1e-4);
        Assert.Equal(reached.Accuracy, edited.Report.After.TrainingAccuracy!.Value, 1e-9);
        Assert.NotNull(edited.Report.After.TestAccuracy);
    }

    [Fact]
    public void Without_photographs_weights_stay_and_those_of_merged_prototypes_are_added()
    {
        using ProtoPNetTransformer before = Transformer(Models.Make());
        using ProtoPNetTransformer after = before.Edit(
            new("", default, [new ModelEdit.Merge("class 1 #3", "class 1 #2")]), cancellation: Cancellation).Transformer;
        float[,] old = before.Inside().LastLayerWeights, now = after.Inside().LastLayerWeights;
        for (int k = 0; k < Models.Classes; k++)
        {
            Assert.Equal(old[k, 4] + old[k, 5], now[k, 4], 1e-5f);
            Assert.Equal(old[k, 8], now[k, 7]);
        }
    }

    [Fact]
    public void A_forbidden_region_takes_the_prototypes_whose_cells_have_their_centre_in_it()
    {
        using TrainedProtoPNet model = Models.Make(sources: Models.Images(9));
        PrototypeSource source = model.Prototypes[4].Source!;
        ReceptiveField field = ReceptiveField.Of(model.Architecture);
        int pixels = field.ImageSize / field.Rows.Cells, top = source.CellRow * pixels, left = source.CellColumn * pixels;
        PixelBox cell = new(top, top + pixels, left, left + pixels);
        Assert.Equal([4], Gone(new ModelEdit.Forbid("picture 4", cell)));
        Assert.Empty(Gone(new ModelEdit.Forbid("picture 5", cell)).Intersect([4]));
        Assert.Empty(Gone(new ModelEdit.Forbid("picture 4", cell with { Bottom = top + pixels / 2 })));

        IEnumerable<int> Gone(ModelEdit edit) => EditedPrototypes.Of(model).With(edit).Gone.Keys;
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void An_edit_that_does_not_fit_is_named(string reason, ModelEdit[] edits)
    {
        using ProtoPNetTransformer model = Transformer(Models.Make(sources: Models.Images(9)));
        ArgumentException error = Assert.Throws<ArgumentException>(() => model.Edit(new("", default, edits), cancellation: Cancellation));
        Assert.Contains($"Edit {edits.Length} of {edits.Length}", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, ModelEdit[]> Misfits => new()
    {
        { "no prototype 'class 0 #9'", [new ModelEdit.StrikeOut("class 0 #9")] },
        { "has left already: chosen", [new ModelEdit.StrikeOut("class 0 #1"), new ModelEdit.Rename("class 0 #1", "beak")] },
        { "has left already: merged into class 0 #2",
            [new ModelEdit.Merge("class 0 #1", "class 0 #2"), new ModelEdit.Merge("class 0 #3", "class 0 #1")] },
        { "different classes", [new ModelEdit.Merge("class 0 #1", "class 1 #1")] },
        { "without prototypes",
            [new ModelEdit.StrikeOut("class 0 #1"), new ModelEdit.Merge("class 0 #2", "class 0 #3"), new ModelEdit.StrikeOut("class 0 #3")] },
        { "not within the network's input", [new ModelEdit.Forbid("picture 0", new(0, 1, 0, Models.Side + 1))] },
    };

    private static ProtoPNetTransformer Transformer(TrainedProtoPNet model)
        => new(model, ClassLabels.Parse("String", [.. model.ClassNames]), new(), 4);
}
