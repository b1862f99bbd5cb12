using System.Diagnostics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Newton's method on the faces of the ℓ₁ penalty. Each step looks at the whole gradient once (a dense product) and lets in the zero weights
/// whose gradient exceeds λ, the worst first. A proximal step, class by class, finds the weights that are not zero; a Newton step on
/// these, with their signs kept, then sees all classes together.
/// </summary>
internal sealed class FaceNewton
{
    private readonly LastLayerProblem _problem;
    private readonly LastLayerOptions _options;
    private readonly RowTiles _tiles;
    private readonly SoftmaxLoss _loss;
    private readonly NewtonStep _newton;
    private readonly DenseGradient _dense;
    private readonly double[] _weights;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Posterior _at;
    private Posterior _trial;

    public FaceNewton(LastLayerProblem problem, LastLayerOptions options, IDenseProducts products)
    {
        (_problem, _options) = (problem, options);
        _tiles = new RowTiles(problem.Similarities);
        _loss = new SoftmaxLoss(_tiles, problem.Classes, problem.Labels, problem.NormalisedSampleWeights());
        _newton = new NewtonStep(_loss);
        _dense = new DenseGradient(_tiles, problem.Classes, products);
        (_at, _trial) = (new Posterior(_tiles, problem.Classes), new Posterior(_tiles, problem.Classes));
        _weights = Start();
    }

    public LastLayerSolution Run(CancellationToken cancellationToken)
    {
        double bound = 0;
        Face face = Face.At(_problem, _weights, Support.Where(_problem.Classes, _problem.Prototypes, IsInPlay));
        double objective = Evaluate(face, face.Weights, _at), start = objective, before = double.PositiveInfinity;
        for (int iteration = 0; ; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (face, double largest) = Look();
            bound = Math.Max(bound, DualBound.At(_problem, _loss, _at, face, largest));
            double gap = (objective - bound) / objective;
            _options.Progress?.Report(new(iteration, objective, gap, face.Connections, _clock.Elapsed));

            if (gap <= _options.RelativeGap && Finish(face, bound, iteration, StoppingReason.Converged) is { } solution
                && solution.Certificate.RelativeGap <= _options.RelativeGap) return solution;
            StoppingReason? limit = bound <= 0 && (before - objective <= _options.RelativeGap * objective || objective <= _options.RelativeGap * start)
                ? StoppingReason.MinimumNotAttained
                : iteration >= _options.MaxIterations ? StoppingReason.IterationLimit
                : _clock.Elapsed >= _options.TimeLimit ? StoppingReason.TimeLimit : null;
            if (limit is { } reason) return Finish(face, bound, iteration, reason);

            before = objective;
            if (!Step(face, ref objective, Math.Clamp(Math.Sqrt(Math.Abs(gap)), 1e-3, 0.1)))
                return Finish(face, bound, iteration, StoppingReason.Stalled);
        }
    }

    private double[] Start()
    {
        var weights = new double[_problem.Classes * _problem.Prototypes];
        for (int k = 0; k < _problem.Classes; k++)
        {
            for (int j = 0; j < _problem.Prototypes; j++)
            {
                bool off = _problem.IsOffClass(k, j);
                double start = _options.Start?[k, j] ?? (off ? 0 : 1);
                if (_problem.Reasoning == Reasoning.PositiveOnly) start = off ? 0 : Math.Max(0, start);
                weights[k * _problem.Prototypes + j] = start;
            }
        }
        return weights;
    }

    private bool IsInPlay(int k, int j) => !_problem.IsOffClass(k, j) || _weights[k * _problem.Prototypes + j] != 0;

    /// <summary>The weights in play with their exact gradient, and a bound of |gradient| over all other off-class weights.</summary>
    private (Face Face, double LargestElsewhere) Look()
    {
        if (_problem.Reasoning == Reasoning.PositiveOnly)
        {
            Face own = Face.At(_problem, _weights, Support.Where(_problem.Classes, _problem.Prototypes, IsInPlay));
            _loss.Gradient(own.Support, _at, own.Gradient);
            return (own, 0);
        }
        _dense.Update(_loss, _at);
        int connections = _weights.Count(w => w != 0);
        double threshold = _dense.EntryThreshold(_problem, Math.Max(connections, 10 * _problem.Classes));
        double elsewhere = 0;
        Support support = Support.Where(_problem.Classes, _problem.Prototypes, (k, j) =>
        {
            if (IsInPlay(k, j)) return true;
            double magnitude = _dense.UpperBound(k, j);
            if (magnitude >= threshold) return true;
            elsewhere = Math.Max(elsewhere, magnitude);
            return false;
        });
        Face face = Face.At(_problem, _weights, support);
        _loss.Gradient(support, _at, face.Gradient);
        return (face, elsewhere);
    }

    private double Evaluate(Face face, double[] weights, Posterior into)
    {
        _loss.Evaluate(face.Support, weights, into);
        return into.CrossEntropy + face.Penalty(weights);
    }

    /// <summary>A proximal step, which finds the face, then a Newton step on it; false where neither improves anything.</summary>
    private bool Step(Face face, ref double objective, double tolerance)
    {
        double[] target = ProximalStep.Target(_problem, face, new ClassBlocks(_loss, _tiles, face.Support, _at));
        double expected = face.Penalty(target) - face.Penalty(face.Weights);
        for (int v = 0; v < target.Length; v++) expected += face.Gradient[v] * (target[v] - face.Weights[v]);
        bool moved = Search(face, step => face.Toward(target, step), (_, step) => step * expected, ref objective);

        Face found = Face.At(_problem, _weights, Support.Where(_problem.Classes, _problem.Prototypes, IsInPlay));
        _loss.Gradient(found.Support, _at, found.Gradient);
        var blocks = new ClassBlocks(_loss, _tiles, found.Support, _at);
        double[] slopes = found.Slopes(), direction = _newton.Direction(found.Support, _at, found.Curvature, slopes, blocks, tolerance);
        return Search(found, step => found.Project(direction, step), (weights, _) => found.Slope(slopes, weights), ref objective) || moved;
    }

    /// <summary>Halves the step until the objective falls by a part of what the slope promises.</summary>
    private bool Search(Face face, Func<double, double[]> at, Func<double[], double, double> promised, ref double objective)
    {
        for (double step = 1; step > 1e-3; step /= 2)
        {
            double[] weights = at(step);
            double fall = promised(weights, step);
            if (!(fall < 0)) continue;
            double value = Evaluate(face, weights, _trial);
            if (!(value <= objective + 1e-4 * fall)) continue;
            if (value >= objective) return false;
            objective = value;
            (_at, _trial) = (_trial, _at);
            face.Scatter(weights, _weights);
            return true;
        }
        return false;
    }

    /// <summary>The weights as floats, with the certificate of these floats.</summary>
    private LastLayerSolution Finish(Face face, double bound, int iteration, StoppingReason reason)
    {
        double[] rounded = [.. face.Weights.Select(w => (double)(float)w)];
        double objective = Evaluate(face, rounded, _trial);
        var weights = new DenseMatrix(_problem.Classes, _problem.Prototypes);
        int offClass = (_problem.Classes - 1) * _problem.Prototypes, connections = 0;
        for (int k = 0; k < _problem.Classes; k++)
        {
            for (int v = face.Support.Starts[k]; v < face.Support.Starts[k + 1]; v++)
            {
                weights[k, face.Support.Columns[v]] = (float)rounded[v];
                if (_problem.IsOffClass(k, face.Support.Columns[v]) && rounded[v] != 0) connections++;
            }
        }
        return new LastLayerSolution(weights, new LastLayerCertificate
        {
            Objective = objective,
            DualBound = bound,
            CrossEntropy = _trial.CrossEntropy,
            Accuracy = _trial.Accuracy,
            Iterations = iteration,
            HessianProducts = _newton.Products,
            OffClassWeights = offClass,
            OffClassZeros = offClass - connections,
            Elapsed = _clock.Elapsed,
            Stopped = reason,
        });
    }
}
