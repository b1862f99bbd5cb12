using System.Runtime.InteropServices;

namespace ProtoPNet.Cli;

/// <summary>
/// The first Ctrl+C or termination signal requests a graceful shutdown; a second one terminates at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    public Interruption()
        => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Asked))];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        _source.Dispose();
    }

    private void Asked(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested) return;
        context.Cancel = true;
        Console.Error.WriteLine("Stopping; press Ctrl+C again to stop immediately.");
        _source.Cancel();
    }
}
