using TorchSharp;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// Keeps cuDNN from rounding what it multiplies to 11 bits (TF32, which it does unasked on GPUs from Ampere on) while a network is evaluated:
/// placing a prototype, checking that it is its patch and scoring go different ways through the same layers, and must agree but for the rounding of
/// 32 bits.
/// </summary>
/// <remarks>
/// libtorch has one switch for the whole process, so there is one count of those who want it off: the last one to leave restores it.
/// </remarks>
internal static class FullPrecision
{
    private static readonly Lock _lock = new();
    private static int _users;
    private static bool _allowed;

    /// <summary>Turns TF32 off until the scope is disposed of; scopes of several threads may overlap.</summary>
    public static Scope Enter()
    {
        lock (_lock)
        {
            if (_users++ == 0)
            {
                _allowed = torch.backends.cudnn.allow_tf32;
                torch.backends.cudnn.allow_tf32 = false;
            }
        }
        return default;
    }

    /// <summary>For the length of a <c>using</c> statement.</summary>
    internal readonly ref struct Scope : IDisposable
    {
        public void Dispose()
        {
            lock (_lock)
                if (--_users == 0) torch.backends.cudnn.allow_tf32 = _allowed;
        }
    }
}
