using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.MLNet;

/// <summary>Why a trained model says what it says.</summary>
public static class ProtoPNetExplanations
{
    /// <summary>Explains, checks the boxes of the predicted class's evidence by painting them over, and makes a report of it all.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="encoded">The photograph: the bytes of a JPEG or PNG file, for instance.</param>
    /// <param name="name">What the photograph is called.</param>
    /// <param name="options">How much to show.</param>
    /// <exception cref="UnreadableImageException">The bytes are no image that can be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static LocalReport ExplainAsReport(
        this ProtoPNetTransformer transformer, ReadOnlyMemory<byte> encoded, string name, LocalReportOptions? options = null)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return loan.Model.Report(PhotographFile.Decode(encoded), name, options);
    }

    /// <summary>Searches sets of photographs for what the prototypes find in them, and makes a gallery of it.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="name">The gallery's title.</param>
    /// <param name="sets">Names of sets of photographs (training, test) and the photographs; may be empty.</param>
    /// <param name="nearest">How many nearest photographs to keep for each prototype.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static GalleryReport PrototypeGallery(
        this ProtoPNetTransformer transformer, string name, IReadOnlyList<(string Name, IReadOnlyList<AnalysedImage> Images)> sets,
        int nearest = 6, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sets);
        using SharedModel.Loan loan = Borrow(transformer);
        TrainedProtoPNet model = loan.Model;
        SearchedSet[] searched =
            [.. sets.Select(set => new SearchedSet(set.Name, GlobalAnalysis.Run(model, set.Images, nearest, cancellation: cancellation), set.Images))];
        return Gallery.Of(model, name, searched);
    }

    /// <summary>Measures how good the explanations are: which parts prototypes point at, how reliably, and how many pieces of evidence it takes.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="images">Photographs of known class, with their annotated parts if there are any.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">No photograph is of a class of the model.</exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static InterpretabilityReport MeasureInterpretability(
        this ProtoPNetTransformer transformer, IEnumerable<AnalysedImage> images, CancellationToken cancellation = default)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return InterpretabilityMeasurement.Run(loan.Model, images, cancellation);
    }

    /// <summary>Measures anew that every prototype is its patch, and that contributions sum to logits.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="trainingImages">The training photographs, with the ids that the prototypes' sources have.</param>
    /// <param name="images">Photographs to check sums on.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static Inspection Inspect(
        this ProtoPNetTransformer transformer, IEnumerable<AnalysedImage> trainingImages, IEnumerable<AnalysedImage> images,
        CancellationToken cancellation = default)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return Inspection.Run(loan.Model, trainingImages, images, cancellation);
    }

    /// <summary>A page of what happened in training: self-contained HTML.</summary>
    /// <param name="report">The report of training.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this TrainingReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        string heldOut = report.ValidationImages == 0 ? "" : $", {report.ValidationImages:N0} held out to choose by";
        string skipped = report.Skipped.Count == 0 ? "" : $"; {report.Skipped.Count:N0} could not be used";
        return TrainingPage.Render(name,
            $"{report.TrainingImages:N0} photographs learned from{heldOut}{skipped}. {Figures.Duration(report.Elapsed.TotalSeconds)} in all.",
            report.Phases);
    }

    internal static LocalReport Report(this TrainedProtoPNet model, RgbImage photograph, string name, LocalReportOptions? options = null)
    {
        LocalReport report = new(model.Explain(photograph), photograph, name, options) { Backbone = model.Architecture.Backbone };
        return report with { Masked = model.Mask(photograph, [.. report.Evidence[0].Evidence.Select(line => line.Activation)]) };
    }

    private static SharedModel.Loan Borrow(ProtoPNetTransformer transformer)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        return transformer.Borrow();
    }
}
