using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>A 2-D convolution with weights out × in/groups × rows × columns.</summary>
internal sealed record Convolution(int Inputs, int Outputs, Window Rows, Window Columns, int Groups, bool Bias) : Operation
{
    [JsonIgnore]
    public override IReadOnlyList<OwnedTensor> Tensors
    {
        get
        {
            OwnedTensor weight = new("weight", [Outputs, Inputs / Groups, Rows.Kernel, Columns.Kernel], true);
            return Bias ? [weight, new("bias", [Outputs], true)] : [weight];
        }
    }

    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] map = Map(inputs[0]);
        Ensure(map[1] == Inputs, $"it takes {Inputs} channels, not {map[1]}");
        return [map[0], Outputs, Windows.Places(Rows, map[2]), Windows.Places(Columns, map[3])];
    }
}

/// <summary>A scale and shift per channel; in training from batch statistics, unless frozen.</summary>
internal sealed record BatchNorm(int Channels, double Epsilon) : Operation
{
    [JsonIgnore]
    public override IReadOnlyList<OwnedTensor> Tensors =>
    [
        new("weight", [Channels], true),
        new("bias", [Channels], true),
        new("running_mean", [Channels], false),
        new("running_var", [Channels], false),
    ];

    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] map = Map(inputs[0]);
        Ensure(map[1] == Channels, $"it takes {Channels} channels, not {map[1]}");
        return map;
    }
}

/// <summary>The maximum of each window, ignoring padding.</summary>
internal sealed record MaxPool(Window Rows, Window Columns, bool Ceiling) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
        => Map(inputs[0]) is var map ? [map[0], map[1], Windows.Places(Rows, map[2], Ceiling), Windows.Places(Columns, map[3], Ceiling)] : [];
}

/// <summary>The mean of each window, with or without padding.</summary>
internal sealed record AveragePool(Window Rows, Window Columns, bool Ceiling, bool PaddingCounts) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
        => Map(inputs[0]) is var map ? [map[0], map[1], Windows.Places(Rows, map[2], Ceiling), Windows.Places(Columns, map[3], Ceiling)] : [];
}

/// <summary>Pads the map with rows and columns of one value.</summary>
internal sealed record Pad(int Top, int Bottom, int Left, int Right, double Value) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] map = Map(inputs[0]), padded = [map[0], map[1], map[2] + Top + Bottom, map[3] + Left + Right];
        Ensure(padded[2] > 0 && padded[3] > 0, $"nothing is left of {Text(map)}");
        return padded;
    }
}

/// <summary>The number of window positions, at least one.</summary>
internal static class Windows
{
    public static long Places(Window window, long cells, bool ceiling = false)
        => window.Places(cells, ceiling) is > 0 and long places ? places
            : throw new ShapeException(
                $"its window of {window.Extent} cells is larger than the {cells} that are there: take larger images or fewer stages");
}
