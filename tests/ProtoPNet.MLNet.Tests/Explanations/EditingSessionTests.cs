using ProtoPNet.MLNet.Editing;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class EditingSessionTests : IDisposable
{
    private readonly TrainedProtoPNet _model = Models.Make(sources: Models.Images(9));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void An_edit_on_kept_similarities_comes_to_the_model_that_pruning_makes()
    {
        AnalysedImage[] training = Models.Images(24);
        ModelEdit[] edits = [new ModelEdit.StrikeOut("class 0 #2"), new ModelEdit.Merge("class 2 #3", "class 2 #1")];
        ModelEditor editor = Editor(training);
        EditedModel edited = edits.Aggregate(editor.Start(Cancellation), (model, edit) => editor.Edit(model, edit, Cancellation));
        (TrainedProtoPNet made, PruningReport report) =
            _model.Edit(new("", default, edits), new() { Views = 1 }, training, [], Cancellation);
        using (made)
        {
            Assert.Equal(made.Prototypes.Select(one => one.Name), edited.Head.Prototypes.Select(one => one.Name));
            Assert.Equal(made.LastLayerWeights.Cast<float>(), edited.Head.Weights.Cast<float>(), (a, b) => Math.Abs(a - b) < 1e-2);
            Assert.Equal(report.After.TrainingAccuracy!.Value, edited.Outcomes[0].Accuracy, 1e-9);
            LocalExplanation theirs = made.Explain(Models.Picture(3)), ours = _model.Explain(Models.Input(Models.Picture(3)), edited.Head);
            for (int k = 0; k < Models.Classes; k++)
            {
                Assert.Equal(theirs.For(k).Class.Logit, ours.For(k).Class.Logit, 0.05);
                Assert.Equal(ours.For(k).Class.Logit, ours.For(k).Sum, 1e-4);
            }
            Assert.DoesNotContain("class 0 #2", ours.Activations.Select(one => one.Prototype.Name));
        }
    }

    [Fact]
    public void Outcomes_are_those_of_scoring_every_photograph()
    {
        AnalysedImage[] images = Models.Images(24);
        PhotographSet set = Set("training", images);
        SetOutcome outcome = SetOutcome.Of(set, _model.Head);
        LocalExplanation[] explained = [.. images.Select(image => _model.Explain(image.Load()))];
        Assert.Equal(explained.Select(one => one.Predicted.Index), outcome.Predicted);
        Assert.Equal(_model.MeasuredEvidenceSize(images), outcome.EvidenceSize, 1e-9);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(k => explained.Where((_, i) => i % 3 == k).Average(one => one.Predicted.Index == k ? 1.0 : 0)),
            outcome.OfClasses(3).Select(share => share!.Value));
        Assert.Equal(outcome.OfClasses(3).Average()!.Value, outcome.Accuracy, 1e-9);
    }

    [Fact]
    public void The_photographs_whose_class_changed_are_told()
    {
        ModelEditor editor = Editor(Models.Images(24));
        EditedModel start = editor.Start(Cancellation);
        EditedModel after = editor.Edit(editor.Edit(start, new ModelEdit.StrikeOut("class 1 #1"), Cancellation), new ModelEdit.StrikeOut("class 1 #2"), Cancellation);
        EditEffect effect = Assert.Single(EditEffect.Of(start, after));
        Assert.Equal(
            Enumerable.Range(0, 24).Where(i => effect.Before.Predicted[i] != effect.After.Predicted[i]).Select(i => $"picture {i}"),
            effect.Changed.Select(changed => changed.ImageId));
        Assert.All(effect.Changed, changed => Assert.NotEqual(changed.Before, changed.After));
    }

    [Fact]
    public void A_new_name_solves_nothing_and_changes_nothing_else()
    {
        ModelEditor editor = Editor(Models.Images(12));
        EditedModel start = editor.Start(Cancellation), named = editor.Edit(start, new ModelEdit.Rename("class 0 #1", "beak"), Cancellation);
        Assert.Same(start.Head.Weights, named.Head.Weights);
        Assert.Equal("beak (class 0 #1)", named.Head.Prototypes[0].Title);
        Assert.Equal("class 0 #1", editor.Edit(named, new ModelEdit.Rename("class 0 #1"), Cancellation).Head.Prototypes[0].Title);
    }

    [Fact]
    public void Undo_and_redo_walk_through_the_states()
    {
        ModelEditor editor = Editor(Models.Images(12));
        EditHistory history = EditHistory.From(editor.Start(Cancellation));
        Assert.Same(history.Start, history.Undo().Current);
        EditedModel one = editor.Edit(history.Current, new ModelEdit.StrikeOut("class 0 #1"), Cancellation);
        EditedModel two = editor.Edit(one, new ModelEdit.StrikeOut("class 1 #1"), Cancellation);
        history = history.With(one).With(two);
        Assert.Same(one, history.Previous);
        Assert.Same(one, history.Undo().Current);
        Assert.Equal([two], history.Undo().Undone);
        Assert.Same(two, history.Undo().Redo().Redo().Current);
        Assert.Empty(history.Undo().Undo().With(two).Undone);
        Assert.Same(history.Start, history.Undo().Undo().Current);
    }

    public void Dispose() => _model.Dispose();

    private ModelEditor Editor(AnalysedImage[] images)
    {
        PhotographSet set = Set("training", images);
        return new(_model, set.Similarities, [set]);
    }

    private PhotographSet Set(string name, AnalysedImage[] images)
    {
        LabelledSimilarities similarities = TrainingSimilarities.OfView(_model, images, 0, Cancellation);
        return new(name, [.. images.Select(image => image.Id)], similarities);
    }
}

/// <summary>The evidence size as the measures of interpretability have it.</summary>
internal static class MeasuredEvidence
{
    public static double MeasuredEvidenceSize(this TrainedProtoPNet model, IReadOnlyList<AnalysedImage> images)
        => InterpretabilityMeasurement.Run(model, images, new(), CancellationToken.None).EvidenceSize;
}
