using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet;

/// <summary>
/// A trained model that several threads use and any of them may dispose of. Whoever computes with it borrows it first, for there is no other way to
/// its network; the last borrower to finish frees a disposed model, so that no pass loses its memory and nobody waits. Managed data need no loan.
/// </summary>
/// <param name="model">The model, which belongs to this object from now on.</param>
/// <param name="owner">The type that users dispose of, for messages.</param>
internal sealed class SharedModel(TrainedProtoPNet model, Type owner) : IDisposable
{
    private readonly TrainedProtoPNet _model = model;
    private readonly object _gate = new();
    private int _loans;
    private bool _disposed;

    public NetworkArchitecture Architecture { get; } = model.Architecture;

    /// <summary>Names of the K classes, in the order of the label's keys.</summary>
    public IReadOnlyList<string> ClassNames { get; } = model.ClassNames;

    public IReadOnlyList<Prototype> Prototypes { get; } = model.Prototypes;

    /// <summary>Keeps the network in memory until the loan is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public Loan Borrow()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, owner);
            _loans++;
        }
        return new(this);
    }

    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public void ThrowIfDisposed()
    {
        lock (_gate) ObjectDisposedException.ThrowIf(_disposed, owner);
    }

    /// <summary>Lends no more; frees the network at once or, while it is on loan, with the last return. Calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed && _loans == 0) _model.Dispose();
            _disposed = true;
        }
    }

    /// <summary>Disposes, and waits for all loans to be returned: for one who is about to change the network.</summary>
    public void DisposeAndWait()
    {
        Dispose();
        lock (_gate)
            while (_loans > 0) Monitor.Wait(_gate);
    }

    private void Return()
    {
        lock (_gate)
        {
            if (--_loans > 0 || !_disposed) return;
            _model.Dispose();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>One use of the model, however many passes it takes.</summary>
    internal sealed class Loan(SharedModel lender) : IDisposable
    {
        private SharedModel? _lender = lender;

        /// <summary>The model; not to be kept longer than the loan.</summary>
        /// <exception cref="ObjectDisposedException">It has been returned.</exception>
        public TrainedProtoPNet Model => (_lender ?? throw new ObjectDisposedException(nameof(Loan)))._model;

        /// <summary>Returns the model.</summary>
        public void Dispose() => Interlocked.Exchange(ref _lender, null)?.Return();
    }
}
