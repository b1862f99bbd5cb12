using TorchSharp;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// Prevents cuDNN from rounding operands to 11 bits (TF32, the default on GPUs since Ampere) while a network is evaluated:
/// projecting a prototype, checking that it is its patch and scoring take different paths through the same layers, and must agree up to
/// 32-bit rounding.
/// </summary>
/// <remarks>
/// libtorch has one switch per process, so active scopes are counted and the last one restores it.
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

    /// <summary>Restores the switch when disposed.</summary>
    internal readonly ref struct Scope : IDisposable
    {
        public void Dispose()
        {
            lock (_lock)
                if (--_users == 0) torch.backends.cudnn.allow_tf32 = _allowed;
        }
    }
}
