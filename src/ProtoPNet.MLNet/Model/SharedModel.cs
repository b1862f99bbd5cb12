using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Model;

/// <summary>A shared model that scores photographs.</summary>
internal interface ISharedScorer
{
    /// <summary>S, the side of its input in pixels.</summary>
    int ImageSize { get; }

    /// <summary>The normalisation of its input.</summary>
    InputNormalisation Normalisation { get; }

    /// <summary>Names of the K classes, in the order of the label's keys.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Scores <paramref name="count"/> images, given as normalised pixels (count × 3 × S × S, row-major).</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    ImageScores Score(ArraySegment<float> pixels, int count);
}

/// <summary>A shared ProtoPNet, with those of its data that need no loan.</summary>
/// <param name="model">The model; this object takes ownership.</param>
/// <param name="owner">The type that users dispose of, for error messages.</param>
internal sealed class SharedModel(TrainedProtoPNet model, Type owner) : Shared<TrainedProtoPNet>(model, owner), ISharedScorer
{
    public NetworkArchitecture Architecture { get; } = model.Architecture;

    public int ImageSize => Architecture.ImageSize;

    public InputNormalisation Normalisation => Architecture.Backbone.Normalisation;

    public IReadOnlyList<string> ClassNames { get; } = model.ClassNames;

    public IReadOnlyList<Prototype> Prototypes { get; } = model.Prototypes;

    /// <inheritdoc cref="TrainedProtoPNet.KnowsFamiliarity"/>
    public bool KnowsFamiliarity { get; } = model.KnowsFamiliarity;

    public ImageScores Score(ArraySegment<float> pixels, int count)
    {
        using Loan loan = Borrow();
        return loan.Model.Score(pixels, count);
    }
}

/// <summary>A shared classifier without prototypes, with those of its data that need no loan.</summary>
/// <param name="model">The model; this object takes ownership.</param>
/// <param name="owner">The type that users dispose of, for error messages.</param>
internal sealed class SharedPooledClassifier(TrainedPooledClassifier model, Type owner) : Shared<TrainedPooledClassifier>(model, owner), ISharedScorer
{
    public int ImageSize { get; } = model.Architecture.ImageSize;

    public InputNormalisation Normalisation { get; } = model.Architecture.Backbone.Normalisation;

    public IReadOnlyList<string> ClassNames { get; } = model.ClassNames;

    /// <summary>The temperature that the linear layer was divided by; 1 if none was fitted.</summary>
    public double Temperature { get; } = model.Temperature;

    public ImageScores Score(ArraySegment<float> pixels, int count)
    {
        using Loan loan = Borrow();
        return loan.Model.Score(pixels, count);
    }
}

/// <summary>
/// A trained model shared by several threads, any of which may dispose of it. The network is only accessible through a loan; the last loan returned
/// frees a disposed model, so that no running pass loses its memory and nobody waits. Managed data need no loan.
/// </summary>
/// <typeparam name="TModel">The model.</typeparam>
/// <param name="model">The model; this object takes ownership.</param>
/// <param name="owner">The type that users dispose of, for error messages.</param>
internal class Shared<TModel>(TModel model, Type owner) : IDisposable where TModel : class, IDisposable
{
    private readonly TModel _model = model;
    private readonly object _gate = new();
    private int _loans;
    private bool _disposed;

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

    /// <summary>Ends lending; frees the network at once or, while it is on loan, when the last loan is returned. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed && _loans == 0) _model.Dispose();
            _disposed = true;
        }
    }

    /// <summary>Disposes, and waits for all loans to be returned, before the network is changed.</summary>
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
    internal sealed class Loan(Shared<TModel> lender) : IDisposable
    {
        private Shared<TModel>? _lender = lender;

        /// <summary>The model, valid until the loan is returned.</summary>
        /// <exception cref="ObjectDisposedException">It has been returned.</exception>
        public TModel Model => (_lender ?? throw new ObjectDisposedException(nameof(Loan)))._model;

        /// <summary>Returns the model.</summary>
        public void Dispose() => Interlocked.Exchange(ref _lender, null)?.Return();
    }
}
