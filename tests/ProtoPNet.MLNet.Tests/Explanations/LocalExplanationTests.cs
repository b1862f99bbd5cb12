using CsCheck;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Explanations;

public sealed class LocalExplanationTests
{
    [Theory]
    [InlineData(SimilarityFunction.Log)]
    [InlineData(SimilarityFunction.Linear)]
    public void Evidence_sums_to_the_logit_of_every_class_however_much_is_listed(SimilarityFunction similarity)
    {
        using TrainedProtoPNet model = Models.Make(similarity: similarity);
        Gen.Select(Gen.ULong, Gen.Int[0, 4]).Sample((seed, listed) =>
        {
            LocalExplanation explanation = model.Explain(Models.Picture(seed));
            for (int k = 0; k < Models.Classes; k++)
            {
                ClassEvidence evidence = explanation.For(k, listed);
                Assert.Equal(evidence.Class.Logit, evidence.Sum, 1e-4);
                Assert.Equal(Math.Min(listed, Models.PerClass), evidence.Evidence.Count);
                Assert.Equal(Models.Classes * Models.PerClass, evidence.Evidence.Count + evidence.Remaining.Count);
                Assert.True(evidence.Remaining.Negative <= 0 && evidence.Remaining.Positive >= 0);
            }
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void Explanations_agree_with_the_scores()
    {
        using TrainedProtoPNet model = Models.Make();
        RgbImage picture = Models.Picture(7);
        ImageScores scores = model.Score(Models.Input(picture), 1);
        LocalExplanation explanation = model.Explain(picture);

        Assert.Equal(Models.Side, explanation.ImageSize);
        Assert.Equal(explanation.Ranking.OrderByDescending(score => score.Probability), explanation.Ranking);
        Assert.All(explanation.Ranking, score => Assert.Equal(scores.Logits[score.Index], score.Logit, 1e-5));
        Assert.All(explanation.Ranking, score => Assert.Equal(scores.Probabilities[score.Index], score.Probability, 1e-5));
        Assert.Equal(["class 0", "class 1", "class 2"], explanation.Ranking.Select(score => score.Name).Order());
        Assert.All(explanation.Activations, activation => Assert.Equal(scores.Similarities[activation.Prototype.Index], activation.Similarity, 1e-5));
        Assert.All(explanation.Activations, activation => Assert.Equal(activation.Similarities.Cast<float>().Max(), activation.Similarity));
    }

    [Fact]
    public void The_background_is_shaded_and_nothing_fires_there()
    {
        using TrainedProtoPNet model = Models.Make(objectMask: true), plain = Models.Make();
        RgbImage picture = Models.Picture(7);
        LocalExplanation explanation = model.Explain(picture);
        bool[,] cells = explanation.ObjectCells!;
        Assert.Equal((8, 8), (cells.GetLength(0), cells.GetLength(1)));
        float least = (float)Math.Log((8 + 1) / (8 + 1e-4)); // at the largest distance in a cube of 8 channels
        int off = 0;
        for (int row = 0; row < 8; row++)
            for (int column = 0; column < 8; column++)
            {
                if (cells[row, column]) continue;
                off++;
                Assert.All(explanation.Activations, activation => Assert.Equal(least, activation.Similarities[row, column], 1e-5));
            }
        Assert.InRange(off, 1, 63);
        Assert.Equal(off, new LocalReport(explanation, picture, "bird").Html().Split("<rect x=").Length - 1);
        Assert.Null(plain.Explain(picture).ObjectCells);
        Assert.DoesNotContain("class=\"background\"", new LocalReport(plain.Explain(picture), picture, "bird").Html(), StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_are_where_the_map_is_high_and_fields_where_the_cell_looks()
    {
        using TrainedProtoPNet model = Models.Make();
        ReceptiveField field = ReceptiveField.Of(model.Architecture);
        LocalExplanation explanation = model.Explain(Models.Picture(8));
        Assert.Equal(field.Rows.Size, explanation.FieldOfView);
        foreach (Activation activation in explanation.Activations)
        {
            Assert.Equal(SimilarityMap.BoxAbove(activation.EnlargedMap(), 95), activation.Box);
            Assert.Equal(field.Box(activation.CellRow, activation.CellColumn), activation.ReceptiveField);
        }
    }

    [Fact]
    public void Why_not_sums_to_the_difference_of_the_logits()
    {
        using TrainedProtoPNet model = Models.Make();
        LocalExplanation explanation = model.Explain(Models.Picture(9));
        foreach (ClassScore other in explanation.Ranking)
        {
            Contrast contrast = explanation.WhyNot(other.Index, atMost: 4);
            Assert.Equal(explanation.Predicted.Logit - other.Logit, contrast.Sum, 1e-4);
            Assert.Equal(contrast.Gaps.OrderByDescending(gap => Math.Abs(gap.Gap)), contrast.Gaps);
            Assert.Equal((4, 5), (contrast.Gaps.Count, contrast.Remaining.Count));
        }
    }

    [Fact]
    public void Most_activated_prototypes_are_of_any_class_and_in_order()
    {
        using TrainedProtoPNet model = Models.Make();
        LocalExplanation explanation = model.Explain(Models.Picture(10));
        float[] all = [.. explanation.Activations.Select(activation => activation.Similarity).OrderDescending()];
        Assert.Equal(all.Take(4), explanation.MostActivated(4).Select(activation => activation.Similarity));
        Assert.Equal(all, explanation.MostActivated(100).Select(activation => activation.Similarity));
        Assert.Equal([explanation.Ranking[0], explanation.Ranking[1]], explanation.Best(2).Select(evidence => evidence.Class));
    }

    [Fact]
    public void Classes_that_do_not_exist_are_refused()
    {
        using TrainedProtoPNet model = Models.Make();
        LocalExplanation explanation = model.Explain(Models.Picture(10));
        Assert.Contains("0 to 2", Assert.Throws<ArgumentOutOfRangeException>(() => explanation.For(3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => explanation.WhyNot(-1));
    }

    [Fact]
    public void Masking_measures_the_photograph_with_the_box_painted_over()
    {
        using TrainedProtoPNet model = Models.Make();
        RgbImage picture = Models.Picture(11);
        LocalExplanation explanation = model.Explain(picture);
        IReadOnlyList<MaskedActivation> masked = model.Mask(
            picture, [explanation.Activations[5], explanation.Activations[2]], TestContext.Current.CancellationToken);
        Assert.Equal([5, 2], masked.Select(check => check.Activation.Prototype.Index));
        foreach (MaskedActivation check in masked)
        {
            float[] input = Models.Input(picture);
            PixelBox box = check.Activation.Box;
            for (int channel = 0; channel < 3; channel++)
            {
                Span<float> plane = input.AsSpan(channel * Models.Side * Models.Side, Models.Side * Models.Side);
                float mean = (float)plane.ToArray().Average(value => (double)value);
                for (int y = box.Top; y < box.Bottom; y++) plane.Slice(y * Models.Side + box.Left, box.Width).Fill(mean);
            }
            Assert.Equal(model.Score(input, 1).Similarities[check.Activation.Prototype.Index], check.After, 1e-4);
            Assert.Equal(check.Activation.Similarity - check.After, check.Drop);
        }
    }
}
