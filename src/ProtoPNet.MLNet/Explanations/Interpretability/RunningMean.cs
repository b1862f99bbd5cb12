namespace ProtoPNet.MLNet.Explanations;

/// <summary>The mean of numbers that arrive one by one.</summary>
internal sealed class RunningMean
{
    private double _sum;
    private int _count;

    public void Add(double value)
    {
        _sum += value;
        _count++;
    }

    /// <summary>The mean; null if there was no number.</summary>
    public double? Value => _count == 0 ? null : _sum / _count;
}
