using System.Diagnostics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Our solver against the paper's code: Adam with a step of 1e-4, twenty passes in batches of 80, from +1 and −0.5. Both on the
/// same cached similarities; the paper's code also runs the whole network in each pass, at a speed measured in the same run.
/// </summary>
internal static class LastLayerVersusSgd
{
    private const int Passes = 20;
    private const int BatchSize = 80;

    public static object Run(Arguments arguments)
    {
        (MadeSimilarities made, LastLayerProblem problem) = LastLayerBenchmark.Problem(arguments);
        (Matrix<float> heldOut, int[] labels) = made.Photographs(Math.Max(problem.Classes, problem.Images / 2), training: false, seed: 3);
        var validation = new ValidationSet(heldOut, labels);

        var clock = Stopwatch.StartNew();
        LastLayerSolution solution = LastLayerSolver.Solve(problem);
        double ourSeconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine($"ours: {solution.Certificate}");

        clock.Restart();
        Matrix<float> stepped = Adam(problem);
        double adamSeconds = clock.Elapsed.TotalSeconds;
        LastLayerObjective adam = LastLayerObjective.Of(problem, stepped);

        double imagesPerSecond = NetworkPass.ImagesPerSecond(arguments, problem.Classes, problem.PrototypeClasses);
        double passSeconds = problem.Images / imagesPerSecond;
        Console.WriteLine($"one pass of the network over the images takes {passSeconds:F1} s at the {imagesPerSecond:F0} images/s measured just now: "
            + $"{passSeconds / ourSeconds:F1} times the whole optimum");
        return new
        {
            ours = new
            {
                seconds = Math.Round(ourSeconds, 2),
                objective = solution.Certificate.Objective,
                accuracy = solution.Certificate.Accuracy,
                heldOutAccuracy = validation.Accuracy(solution.Weights),
            },
            adam = new
            {
                seconds = Math.Round(adamSeconds, 2),
                objective = adam.Value,
                accuracy = adam.Accuracy,
                heldOutAccuracy = validation.Accuracy(stepped),
            },
            objectiveRatio = adam.Value / solution.Certificate.Objective,
            networkImagesPerSecond = Math.Round(imagesPerSecond, 1),
            networkPassSeconds = Math.Round(passSeconds, 1),
            networkPassRatio = Math.Round(passSeconds / ourSeconds, 2),
        };
    }

    private static Matrix<float> Adam(LastLayerProblem problem)
    {
        using DisposeScope scope = NewDisposeScope();
        int images = problem.Images, prototypes = problem.Prototypes;
        Tensor similarities = tensor(problem.Similarities.ToRowMajorArray()).view(images, prototypes);
        Tensor labels = tensor(problem.Labels.Select(label => (long)label).ToArray());
        Tensor own = tensor(Enumerable.Range(0, problem.Classes).SelectMany(k => problem.PrototypeClasses.Select(c => c == k ? 1f : 0f)).ToArray())
            .view(problem.Classes, prototypes);
        var weight = new TorchSharp.Modules.Parameter(own * 1.5f - 0.5f);
        Tensor offClass = 1 - own;
        optim.Optimizer optimiser = optim.Adam([weight], 1e-4);
        var random = new DeterministicRandom(5);
        for (int pass = 0; pass < Passes; pass++)
        {
            long[] order = [.. random.Permutation(images).Select(i => (long)i)];
            for (int first = 0; first < images; first += BatchSize)
            {
                using DisposeScope step = NewDisposeScope();
                Tensor batch = tensor(order[first..Math.Min(first + BatchSize, images)]);
                Tensor logits = similarities.index_select(0, batch).matmul(weight.t());
                Tensor loss = nn.functional.cross_entropy(logits, labels.index_select(0, batch)) + problem.L1 * (weight * offClass).abs().sum();
                optimiser.zero_grad();
                loss.backward();
                optimiser.step();
            }
        }
        return DenseMatrix.Build.DenseOfRowMajor(problem.Classes, prototypes, weight.detach().data<float>().ToArray());
    }
}
