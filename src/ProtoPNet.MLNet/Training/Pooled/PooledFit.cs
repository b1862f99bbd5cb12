using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Training.Pooled;

/// <summary>The solved linear layer of a classifier without prototypes.</summary>
/// <param name="Weights">K × C, for features as they are.</param>
/// <param name="Bias">K.</param>
/// <param name="Certificate">Proof of the optimum, before the division by the temperature.</param>
/// <param name="Ridge">μ.</param>
/// <param name="Temperature">The temperature that weights and bias were divided by; 1 if none was fitted.</param>
/// <param name="HeldOutAccuracy">The share of held-out images classified correctly before they joined the fit; null if there were none.</param>
internal sealed record PooledFit(
    Matrix<float> Weights, float[] Bias, LastLayerCertificate Certificate, double Ridge, double Temperature, double? HeldOutAccuracy);

/// <summary>
/// Solves the linear layer: logistic regression with a ridge on standardised features, by the solver of the last layer. Chooses the ridge by held-out
/// images, fits the temperature to them, and solves again with them.
/// </summary>
/// <param name="schedule">The ridge, or the ridges to choose from.</param>
/// <param name="classes">K.</param>
internal sealed class PooledSolver(PooledSchedule schedule, int classes)
{
    private static readonly LastLayerOptions s_options = new() { RelativeGap = 1e-4 };

    /// <param name="learned">Pooled features of the training views (N × C), with labels and weights.</param>
    /// <param name="heldOut">Those of the held-out photographs; null if there are none.</param>
    /// <param name="joined">Both, if the layer may be fitted to both once choices are made; else null.</param>
    /// <param name="cancellation">Checked between Newton steps.</param>
    public PooledFit Solve(LabelledSimilarities learned, LabelledSimilarities? heldOut, LabelledSimilarities? joined, CancellationToken cancellation)
    {
        Standardised scale = Standardised.Of(learned.Similarities);
        if (heldOut is null)
        {
            LastLayerSolution only = LastLayerSolver.Solve(Problem(scale, learned, schedule.Ridge), s_options, cancellation);
            return Fitted(scale, only, schedule.Ridge, 1, null);
        }
        ValidationSet validation = new(scale.Apply(heldOut.Similarities), heldOut.Labels);
        LastLayerProblem problem = Problem(scale, learned, schedule.Ridge);
        RegularisationPath path = RegularisationPath.Along(
            schedule.Ridges.OrderDescending().Select(ridge => problem with { OwnClass = new OwnClassPenalty.TowardOne(ridge) }),
            validation, s_options, cancellation);
        (PathPoint best, double temperature) = path.Points.Select(point => (Point: point, Temperature: TemperatureOf(point)))
            .MinBy(one => Temperature.CrossEntropy(Logits(one.Point), validation.Labels, one.Temperature));
        double chosen = ((OwnClassPenalty.TowardOne)best.OwnClass).Ridge;
        if (joined is null) return Fitted(scale, best.Solution, chosen, temperature, best.ValidationAccuracy);
        Standardised whole = Standardised.Of(joined.Similarities);
        LastLayerSolution again = LastLayerSolver.Solve(Problem(whole, joined, chosen), s_options with { Start = best.Solution.Weights }, cancellation);
        return Fitted(whole, again, chosen, temperature, best.ValidationAccuracy);

        Matrix<float> Logits(PathPoint point) => validation.Similarities.TransposeAndMultiply(point.Solution.Weights);

        double TemperatureOf(PathPoint point) => Temperature.OfHeldOut(Logits(point), validation.Labels);
    }

    private LastLayerProblem Problem(Standardised scale, LabelledSimilarities images, double ridge) => new(
        scale.Apply(images.Similarities), images.Labels,
        [.. Enumerable.Repeat(LastLayerProblem.EveryClass, images.Similarities.ColumnCount + 1)], classes)
    {
        SampleWeights = images.Weights,
        OwnClass = new OwnClassPenalty.TowardOne(ridge),
    };

    /// <summary>The layer for features as they are: the scale goes into its weights, and so does the temperature.</summary>
    private static PooledFit Fitted(Standardised scale, LastLayerSolution solution, double ridge, double temperature, double? heldOutAccuracy)
    {
        (int classes, int channels) = (solution.Weights.RowCount, solution.Weights.ColumnCount - 1);
        Matrix<float> weights = new DenseMatrix(classes, channels);
        float[] bias = new float[classes];
        for (int k = 0; k < classes; k++)
        {
            double constant = solution.Weights[k, channels] - 1.0;
            for (int j = 0; j < channels; j++)
            {
                // The ridge pulls toward 1, which all classes have in common; what differs from it decides.
                double weight = (solution.Weights[k, j] - 1.0) / scale.Deviation[j];
                weights[k, j] = (float)(weight / temperature);
                constant -= weight * scale.Mean[j];
            }
            bias[k] = (float)(constant / temperature);
        }
        return new(weights, bias, solution.Certificate, ridge, temperature, heldOutAccuracy);
    }

    /// <summary>Mean and deviation of each feature; a feature that never changes has the deviation 1.</summary>
    private sealed record Standardised(double[] Mean, double[] Deviation)
    {
        public static Standardised Of(Matrix<float> features)
        {
            int count = features.RowCount;
            double[] mean = [.. features.EnumerateColumns().Select(column => column.Average(x => (double)x))];
            double[] deviation = [.. features.EnumerateColumns().Select((column, j) =>
            {
                double square = column.Sum(x => ((double)x - mean[j]) * ((double)x - mean[j])) / count;
                return square > 1e-12 ? Math.Sqrt(square) : 1;
            })];
            return new(mean, deviation);
        }

        /// <summary>The standardised features, and a last one that is always 1.</summary>
        public Matrix<float> Apply(Matrix<float> features)
        {
            var result = new DenseMatrix(features.RowCount, features.ColumnCount + 1);
            for (int j = 0; j < features.ColumnCount; j++)
                for (int i = 0; i < features.RowCount; i++) result[i, j] = (float)((features[i, j] - Mean[j]) / Deviation[j]);
            for (int i = 0; i < features.RowCount; i++) result[i, features.ColumnCount] = 1;
            return result;
        }
    }
}
