using Microsoft.ML;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.MLNet;

/// <summary>Explanations of trained models.</summary>
public static class ProtoPNetExplanations
{
    /// <summary>Explains a photograph, checks the boxes of the predicted class's evidence by painting them over, and returns a report.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="encoded">The photograph: the bytes of a JPEG or PNG file, for instance.</param>
    /// <param name="name">The photograph's name, for display.</param>
    /// <param name="options">The amount of detail.</param>
    /// <exception cref="UnreadableImageException">The bytes are not a readable image.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static LocalReport ExplainAsReport(
        this ProtoPNetTransformer transformer, ReadOnlyMemory<byte> encoded, string name, LocalReportOptions? options = null)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return loan.Model.Report(PhotographFile.Decode(encoded), name, options);
    }

    /// <summary>Explains a photograph by an ensemble: each member's share of the predicted class's logit, and the evidence for it.</summary>
    /// <param name="ensemble">The ensemble.</param>
    /// <param name="encoded">The photograph: the bytes of a JPEG or PNG file, for instance.</param>
    /// <param name="name">The photograph's name, for display.</param>
    /// <param name="options">The amount of detail; classes are numbered as by the ensemble.</param>
    /// <exception cref="UnreadableImageException">The bytes are not a readable image.</exception>
    /// <exception cref="ObjectDisposedException">The ensemble has been disposed of.</exception>
    public static EnsembleReport ExplainAsReport(
        this ProtoPNetEnsemble ensemble, ReadOnlyMemory<byte> encoded, string name, LocalReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        options ??= new();
        RgbImage photograph = PhotographFile.Decode(encoded);
        EnsembleExplanation explanation = ensemble.Explain(photograph);
        int[] classes = options.ClassesOf(explanation.Ranking);
        Dictionary<int, ClassScore> scores = explanation.Ranking.ToDictionary(score => score.Index);
        return new(explanation, photograph, name, [.. classes.Select(k => scores[k])],
            [.. explanation.For(classes[0], options.PrototypesPerClass).Zip(ensemble.Members, (share, member) =>
            {
                using SharedModel.Loan loan = Borrow(member.Model);
                LocalReport report = new LocalReport(share.Member.Explanation, photograph, name, options with { Classes = 1, AlsoClasses = [] })
                    .About([.. classes.Select(share.Member.ClassOf)], options);
                return new MemberReport(share, loan.Model.Checked(report));
            })]);
    }

    /// <summary>Finds the photographs nearest to each prototype in sets of photographs, and returns a gallery.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="name">The gallery's title.</param>
    /// <param name="sets">Sets of photographs by name (training, test); may be empty.</param>
    /// <param name="nearest">The number of nearest photographs per prototype.</param>
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
    /// <param name="images">Photographs of known class, with their annotated parts and objects if there are any; each is decoded once.</param>
    /// <param name="options">How to measure.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">No photograph is of a class of the model, or an option is invalid.</exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static InterpretabilityReport MeasureInterpretability(
        this ProtoPNetTransformer transformer, IEnumerable<AnalysedImage> images, InterpretabilityOptions? options = null,
        CancellationToken cancellation = default)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return InterpretabilityMeasurement.Run(loan.Model, images, options ?? new(), cancellation);
    }

    /// <summary>The same on rows of a data view, prepared as for <see cref="RowByRowTransformer.Transform"/> and read once.</summary>
    /// <param name="transformer">The model, whose image column is read.</param>
    /// <param name="photographs">The rows.</param>
    /// <param name="columns">Labels, parts, objects.</param>
    /// <param name="options">How to measure.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, a row has more or fewer part locations than named, no photograph is of a class of the model, or an option
    /// is invalid.
    /// </exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static InterpretabilityReport MeasureInterpretability(
        this ProtoPNetTransformer transformer, IDataView photographs, InterpretabilityColumns columns, InterpretabilityOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(photographs);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(transformer);
        return transformer.MeasureInterpretability(
            AnalysedRows.Read(photographs, transformer.ImageColumnName, transformer.ClassNames, columns), options, cancellation);
    }

    /// <summary>Measures whether explanations hold what decides, by painting over what they mark and all else.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="images">Photographs, with their annotated parts and objects if there are any; each takes a dozen passes through the network.</param>
    /// <param name="cancellation">Stops between photographs.</param>
    /// <exception cref="ArgumentException">There are no photographs.</exception>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static FaithfulnessReport MeasureFaithfulness(
        this ProtoPNetTransformer transformer, IEnumerable<AnalysedImage> images, CancellationToken cancellation = default)
    {
        using SharedModel.Loan loan = Borrow(transformer);
        return FaithfulnessMeasurement.Run(new ExplainedProtoPNet(loan.Model), images, cancellation);
    }

    /// <inheritdoc cref="MeasureFaithfulness(ProtoPNetTransformer, IEnumerable{AnalysedImage}, CancellationToken)"/>
    public static FaithfulnessReport MeasureFaithfulness(
        this PooledImageClassifierTransformer transformer, IEnumerable<AnalysedImage> images, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        using Shared<TrainedPooledClassifier>.Loan loan = transformer.Borrow();
        return FaithfulnessMeasurement.Run(new ExplainedPooled(loan.Model), images, cancellation);
    }

    /// <summary>Explains photographs by a ProtoPNet and by a classifier without prototypes, side by side (figure 4 of the paper).</summary>
    /// <param name="transformer">The ProtoPNet.</param>
    /// <param name="pooled">The classifier without prototypes.</param>
    /// <param name="images">The photographs.</param>
    /// <exception cref="UnreadableImageException">A photograph cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">A model has been disposed of.</exception>
    public static IReadOnlyList<ComparedPhotograph> ExplainBeside(
        this ProtoPNetTransformer transformer, PooledImageClassifierTransformer pooled, IEnumerable<AnalysedImage> images)
    {
        ArgumentNullException.ThrowIfNull(pooled);
        ArgumentNullException.ThrowIfNull(images);
        using SharedModel.Loan loan = Borrow(transformer);
        using Shared<TrainedPooledClassifier>.Loan other = pooled.Borrow();
        return [.. images.Select(image =>
        {
            RgbImage photograph = image.Decode();
            return new ComparedPhotograph(
                Path.GetFileNameWithoutExtension(image.Id), image.ClassIndex is { } k ? loan.Model.ClassNames[k] : null, photograph,
                other.Model.Explain(photograph), loan.Model.Explain(photograph));
        })];
    }

    /// <summary>A model whose prototypes carry what was measured of them: it is saved with the model and shown by its explanations.</summary>
    /// <param name="transformer">The model; it stays as it is, and shares no memory with the result. Dispose of both.</param>
    /// <param name="measured">The measures of its prototypes.</param>
    /// <exception cref="ArgumentException">The measures are those of another model.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static ProtoPNetTransformer WithTrust(this ProtoPNetTransformer transformer, InterpretabilityReport measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        using SharedModel.Loan loan = Borrow(transformer);
        return transformer.With(loan.Model.WithTrust(measured));
    }

    /// <summary>Checks that every prototype is its patch, and that contributions sum to logits.</summary>
    /// <param name="transformer">The model.</param>
    /// <param name="trainingImages">The training photographs, with the ids of the prototypes' sources.</param>
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

    /// <summary>The training run as a self-contained HTML page.</summary>
    /// <param name="report">The report of training.</param>
    /// <param name="name">The model's name.</param>
    public static string Html(this TrainingReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        string heldOut = report.ValidationImages == 0 ? "" : $", {report.ValidationImages:N0} held out for choices";
        string skipped = report.Skipped.Count == 0 ? "" : $"; {report.Skipped.Count:N0} could not be used";
        return TrainingPage.Render(name,
            $"{report.TrainingImages:N0} training photographs{heldOut}{skipped}. {Figures.Duration(report.Elapsed.TotalSeconds)} in all.",
            report.Phases);
    }

    internal static LocalReport Report(this TrainedProtoPNet model, RgbImage photograph, string name, LocalReportOptions? options = null)
        => model.Report(model.Head, photograph, name, options);

    /// <summary>The same with other weights, and perhaps fewer prototypes, on the model's similarities.</summary>
    internal static LocalReport Report(
        this TrainedProtoPNet model, PrototypeHead head, RgbImage photograph, string name, LocalReportOptions? options = null)
        => model.Checked(new(model.Explain(InputBatches.Render(photograph, model.Architecture), head), photograph, name, options));

    /// <summary>The same report after the boxes of its first class's evidence have been painted over.</summary>
    private static LocalReport Checked(this TrainedProtoPNet model, LocalReport report)
        => report with { Backbone = model.Architecture.Backbone, Masked = model.Mask(report.Photograph, Placed(report.Evidence[0])) };

    /// <summary>What fires everywhere has no box to paint over.</summary>
    private static Activation[] Placed(ClassEvidence evidence)
        => [.. evidence.Evidence.Select(line => line.Activation).Where(activation => !activation.Everywhere)];

    private static SharedModel.Loan Borrow(ProtoPNetTransformer transformer)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        return transformer.Borrow();
    }
}
