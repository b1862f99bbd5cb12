using System.Diagnostics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ProtoPNet.MLNet.LastLayer;

/// <summary>
/// Newton's method on the faces of the ℓ₁ penalty, with a penalty λₜ that decreases to λ. Each step computes the whole gradient once (a dense
/// product); once the active weights have settled, λₜ decreases just enough to activate a limited number of further weights. A proximal step, class
/// by class, finds which weights are non-zero; once these hardly change, a Newton step with fixed signs treats all classes together.
/// </summary>
internal sealed class FaceNewton
{
    /// <summary>The number of weights activated in a step: a share of the existing connections, and a minimum.</summary>
    private const double EntryShare = 1;
    private const int EntryLeast = 100;

    /// <summary>The active weights have settled when a proximal step promises less than this share of the objective.</summary>
    private const double Settled = 0.1;

    /// <summary>A Newton step is worth its cost if fewer than this share of the active weights became or stopped being zero.</summary>
    private const double FewChanges = 0.1;

    /// <summary>A start with more off-class weights than this share is dense: it does not tell which of them the optimum needs.</summary>
    private const double DenseStart = 0.25;

    /// <summary>
    /// Relative differences of the objective below this are rounding. Near the optimum the gap is of the order of the square root of such
    /// differences, so the solver continues; it stops after several steps without any gain.
    /// </summary>
    private const double Rounding = 1e-13;
    private const int MostIdle = 25;

    /// <summary>A Newton step is repeated on the smaller face if a weight reaches zero within this share of it, up to so many times.</summary>
    private const double Shortened = 0.1;
    private const int MostShortened = 20;

    private const double ShortestStep = 1e-6, LeastDamping = 1e-8;

    private readonly LastLayerProblem _problem;
    private readonly LastLayerOptions _options;
    private readonly OwnClassTerm[] _own;
    private readonly RowTiles _tiles;
    private readonly SoftmaxLoss _loss;
    private readonly NewtonStep _newton;
    private readonly DenseGradient _dense;
    private readonly double[] _weights;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Posterior _at;
    private Posterior _trial;
    private double _l1 = double.MaxValue;
    private double _damping;
    private bool _settled;

    public FaceNewton(LastLayerProblem problem, LastLayerOptions options, IDenseProducts products)
    {
        (_problem, _options) = (problem, options);
        _tiles = new RowTiles(problem.Similarities);
        double[] sampleWeights = problem.NormalisedSampleWeights();
        _own = problem.OwnClassTerms(sampleWeights);
        _loss = new SoftmaxLoss(_tiles, problem.Classes, problem.Labels, sampleWeights);
        _newton = new NewtonStep(_loss);
        _dense = new DenseGradient(_tiles, problem.Classes, products);
        (_at, _trial) = (new Posterior(_tiles, problem.Classes), new Posterior(_tiles, problem.Classes));
        _weights = Start();
        _settled = options.Start is not null;
        Support support = InPlay();
        _loss.Evaluate(support, Face.At(problem, _own, problem.L1, _weights, support).Weights, _at);
    }

    public LastLayerSolution Run(CancellationToken cancellationToken)
    {
        double bound = 0, start = double.NaN, before = double.PositiveInfinity;
        int idle = 0;
        for (int iteration = 0; ; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (Face face, double elsewhere) = Look();
            double objective = _at.CrossEntropy + face.Penalty(face.Weights, _problem.L1);
            if (iteration == 0) start = objective;
            double dual = _problem.HasDualBound ? DualBound.At(_problem, _loss, _at, face, elsewhere) : 0;
            idle = dual <= bound && before - objective <= Rounding * objective ? idle + 1 : 0;
            bound = Math.Max(bound, dual);
            double gap = objective > 0 ? (objective - bound) / objective : 0;
            _options.Progress?.Report(new(iteration, objective, gap, face.Connections, _clock.Elapsed));

            bool arrived = face.L1 <= _problem.L1;
            if (gap <= _options.RelativeGap && Finish(face, bound, iteration, StoppingReason.Converged) is { } solution
                && solution.Certificate.RelativeGap <= _options.RelativeGap) return solution;
            if (idle >= MostIdle) return Finish(face, bound, iteration, StoppingReason.Stalled);
            if (Limit(iteration) is { } limit) return Finish(face, bound, iteration, limit);
            bool little = objective <= _options.RelativeGap * start || before - objective <= _options.RelativeGap * objective;
            if (!_problem.HasDualBound && arrived && little)
                return Finish(face, bound, iteration, StoppingReason.MinimumNotAttained);

            before = arrived ? objective : double.PositiveInfinity;
            Step(face, Math.Clamp(Math.Sqrt(Math.Abs(gap)), 1e-3, 0.1));
        }
    }

    private StoppingReason? Limit(int iteration)
        => iteration >= _options.MaxIterations ? StoppingReason.IterationLimit
        : _clock.Elapsed >= _options.TimeLimit ? StoppingReason.TimeLimit : null;

    private double[] Start()
    {
        var weights = new double[_problem.Classes * _problem.Prototypes];
        int connections = 0;
        for (int k = 0; k < _problem.Classes; k++)
        {
            for (int j = 0; j < _problem.Prototypes; j++)
            {
                bool off = _problem.IsOffClass(k, j);
                double start = _options.Start?[k, j] ?? (off ? 0 : 1);
                if (off && _problem.Reasoning == Reasoning.PositiveOnly) start = 0;
                if (!off && _own[k].NonNegative) start = Math.Max(0, start);
                weights[k * _problem.Prototypes + j] = start;
                if (off && start != 0) connections++;
            }
        }
        if (connections > DenseStart * _problem.OffClassWeights)
        {
            for (int k = 0; k < _problem.Classes; k++)
                for (int j = 0; j < _problem.Prototypes; j++)
                    if (_problem.IsOffClass(k, j)) weights[k * _problem.Prototypes + j] = 0;
        }
        return weights;
    }

    private bool IsInPlay(int k, int j) => !_problem.IsOffClass(k, j) || _weights[k * _problem.Prototypes + j] != 0;

    private Support InPlay() => Support.Where(_problem.Classes, _problem.Prototypes, IsInPlay);

    /// <summary>The active weights with their exact gradient, and a bound on |gradient| over all other off-class weights.</summary>
    private (Face Face, double Elsewhere) Look()
    {
        double elsewhere = 0;
        Support support;
        if (_problem.Reasoning == Reasoning.PositiveOnly)
        {
            (support, _l1) = (InPlay(), _problem.L1);
        }
        else
        {
            _dense.Update(_loss, _at);
            int entries = _settled ? Math.Max(EntryLeast, _problem.Classes) + (int)(EntryShare * _weights.Count(w => w != 0)) : 0;
            double threshold = _dense.EntryThreshold(IsInPlay, _problem.L1, entries);
            _l1 = Math.Min(_l1, threshold);
            support = Support.Where(_problem.Classes, _problem.Prototypes, (k, j) =>
            {
                if (IsInPlay(k, j)) return true;
                double magnitude = _dense.UpperBound(k, j);
                if (magnitude >= threshold) return true;
                elsewhere = Math.Max(elsewhere, magnitude);
                return false;
            });
        }
        Face face = Face.At(_problem, _own, _l1, _weights, support);
        _loss.Gradient(support, _at, face.Gradient);
        return (face, elsewhere);
    }

    /// <summary>A proximal step, then perhaps a Newton step on the face that it found.</summary>
    private void Step(Face face, double tolerance)
    {
        double objective = _at.CrossEntropy + face.Penalty(face.Weights, face.L1);
        var blocks = new ClassBlocks(_loss, _tiles, face.Support, _at);
        double[] target = ProximalStep.Target(face, blocks, _damping);
        double promised = face.Slope(face.Gradient, target) + face.Penalty(target, face.L1) - face.Penalty(face.Weights, face.L1);
        _settled = -promised < Settled * objective;
        bool moved = Search(face, 1, step => face.Toward(target, step), (_, step) => step * promised, ref objective);
        if (moved && face.Changes(target) > FewChanges * target.Length) return;

        // A step that a weight's arrival at zero cuts short has gone hardly anywhere: without the ridge, moving a prototype's weights of all classes
        // alike changes no probability, so that only the penalty pulls, all the way to zero. The next step is taken on the smaller face at once; a
        // proximal step, which treats classes one by one, would bring the weight back.
        for (int more = MostShortened; more >= 0; more--)
        {
            Face found = Face.At(_problem, _own, face.L1, _weights, InPlay());
            _loss.Gradient(found.Support, _at, found.Gradient);
            blocks = blocks.Restrict(found.Support);
            if (!NewtonStep(found, blocks, tolerance, ref objective)) return;
        }
    }

    /// <summary>A Newton step on the face.</summary>
    /// <returns>Whether it ended where a weight reached zero, far from where it led.</returns>
    private bool NewtonStep(Face face, ClassBlocks blocks, double tolerance, ref double objective)
    {
        double[] slopes = face.Slopes();
        var held = new bool[slopes.Length];
        face.Hold([.. slopes.Select(s => -s)], held);
        double[] direction;
        // If a weight were clipped at zero, the others' step would still assume that it moves: it is held, and the direction recomputed.
        do direction = _newton.Direction(face, held, slopes, _at, blocks, tolerance, _damping);
        while (face.Hold(direction, held));
        double crossing = face.Crossing(direction);
        return Search(face, crossing, step => face.Project(direction, step), (weights, _) => face.Slope(slopes, weights), ref objective)
            && crossing < Shortened;
    }

    /// <summary>
    /// Shortens the step until the objective decreases by a fraction of what the slope promises: halves it, but stops at <paramref name="crossing"/>,
    /// where the first weight reaches zero, and halves again from there.
    /// </summary>
    private bool Search(
        Face face, double crossing, Func<double, double[]> at, Func<double[], double, double> promised, ref double objective)
    {
        bool promising = false;
        for (double step = 1; step > ShortestStep * crossing; step = step > crossing ? Math.Max(crossing, step / 2) : step / 2)
        {
            double[] weights = at(step);
            double fall = promised(weights, step);
            if (!(fall < 0)) continue;
            promising = true;
            _loss.Evaluate(face.Support, weights, _trial);
            double value = _trial.CrossEntropy + face.Penalty(weights, face.L1);
            if (!(value <= objective + 1e-4 * fall + Rounding * objective)) continue;
            objective = value;
            (_at, _trial) = (_trial, _at);
            face.Scatter(weights, _weights);
            Damp(step);
            return true;
        }
        if (promising) Damp(0);
        return false;
    }

    /// <summary>
    /// When classes are separated almost with certainty, the curvature nearly vanishes and full steps overshoot: damping is then added, and removed
    /// again once full steps succeed.
    /// </summary>
    private void Damp(double step) => _damping = step == 1 ? (_damping < LeastDamping ? 0 : _damping / 10)
        : step < 0.2 ? Math.Max(10 * _damping, LeastDamping)
        : _damping;

    /// <summary>The weights as floats, with the certificate of these floats.</summary>
    private LastLayerSolution Finish(Face face, double bound, int iteration, StoppingReason reason)
    {
        double[] rounded = [.. face.Weights.Select(w => (double)(float)w)];
        _loss.Evaluate(face.Support, rounded, _trial);
        double objective = _trial.CrossEntropy + face.Penalty(rounded, _problem.L1);
        var weights = new DenseMatrix(_problem.Classes, _problem.Prototypes);
        int offClass = _problem.OffClassWeights, connections = 0;
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
