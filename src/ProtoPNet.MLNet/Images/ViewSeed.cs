using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// The seed of one view of one photograph in one epoch. It depends on nothing else, so views are the same in any order, batch or
/// thread, and after resuming.
/// </summary>
internal static class ViewSeed
{
    public static ulong Of(ulong seed, int epoch, int image, int view)
        => SplitMix.Combine(SplitMix.Combine(SplitMix.Combine(seed, (ulong)(uint)epoch), (ulong)(uint)image), (ulong)(uint)view);
}
