using System.CommandLine;
using ProtoPNet.Cli.Verbs;

namespace ProtoPNet.Cli;

/// <summary>The tool: its verbs, and running a command line.</summary>
internal static class Tool
{
    /// <summary>Runs a command line; returns the exit code. Errors are written to <paramref name="error"/>.</summary>
    public static Task<int> Run(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = output,
            Error = error,
        };
        return Failures.Reported(() => Usage.Checked(Verbs().Parse(arguments)).InvokeAsync(configuration, cancellation), error);
    }

    private static RootCommand Verbs() => HelpText.Readable(new("Trains and examines ProtoPNet models: image classifiers that explain predictions by parts.")
    {
        DoctorVerb.Create(),
        TrainVerb.Create(),
        EvaluateVerb.Create(),
        PredictVerb.Create(),
        CompareVerb.Create(),
        ExplainVerb.Create(),
        PrototypesVerb.Create(),
        PruneVerb.Create(),
        EnsembleVerb.Create(),
        BenchVerb.Create(),
        ServeVerb.Create(),
        InspectVerb.Create(),
        ImportVerb.Create(),
        ExportVerb.Create(),
        CompletionVerb.Create(),
    });
}
