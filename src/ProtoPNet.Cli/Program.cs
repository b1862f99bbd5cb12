using System.CommandLine;
using ProtoPNet.Cli;
using ProtoPNet.Cli.Verbs;

var root = new RootCommand("Trains and examines ProtoPNet models: image classifiers that explain themselves by pointing at parts.")
{
    DoctorVerb.Create(),
    TrainVerb.Create(),
    EvaluateVerb.Create(),
    ExplainVerb.Create(),
    PrototypesVerb.Create(),
    PruneVerb.Create(),
    InspectVerb.Create(),
    ImportVerb.Create(),
    ExportVerb.Create(),
};
using var interruption = new Interruption();
InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
return await Failures.Reported(() => Usage.Checked(root.Parse(args)).InvokeAsync(configuration, interruption.Token));
