using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Images;

/// <summary>
/// The seed of one view of one photograph in one epoch. It depends on nothing else, so that views are the same in whatever order, batch or
/// thread they are made, and after a resumed run.
/// </summary>
internal static class ViewSeed
{
    public static ulong Of(ulong seed, int epoch, int image, int view)
        => SplitMix.Combine(SplitMix.Combine(SplitMix.Combine(seed, (ulong)(uint)epoch), (ulong)(uint)image), (ulong)(uint)view);
}
