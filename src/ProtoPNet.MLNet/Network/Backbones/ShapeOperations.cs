namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The mean over the given dimensions (0-based), which are kept as 1 or removed.</summary>
internal sealed record Mean(int[] Axes, bool Keep) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] shape = inputs[0];
        Ensure(Axes.All(a => a >= 0 && a < shape.Length), $"{Text(shape)} has no dimension {string.Join(", ", Axes)}");
        return Keep ? [.. shape.Select((d, i) => Axes.Contains(i) ? 1 : d)] : [.. shape.Where((_, i) => !Axes.Contains(i))];
    }
}

/// <summary>Concatenates the inputs along a dimension.</summary>
internal sealed record Concat(int Axis) : Operation
{
    public override (int Least, int Most) Arity => (1, int.MaxValue);

    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] shape = [.. inputs[0]];
        Ensure(Axis >= 0 && Axis < shape.Length, $"{Text(shape)} has no dimension {Axis}");
        foreach (long[] next in inputs.Skip(1))
        {
            Ensure(next.Length == shape.Length && next.Where((d, i) => i != Axis && d != shape[i]).FirstOrDefault(-1) == -1,
                $"{Text(inputs[0])} and {Text(next)} do not go together");
            shape[Axis] += next[Axis];
        }
        return shape;
    }
}

/// <summary>A strided slice of one dimension: from <paramref name="From"/> to before <paramref name="To"/> (null: to the end).</summary>
internal sealed record Slice(int Axis, long From, long? To, long Step) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] shape = [.. inputs[0]];
        Ensure(Axis >= 0 && Axis < shape.Length, $"{Text(shape)} has no dimension {Axis}");
        (long from, long to) = Range(shape[Axis]);
        Ensure(to > from, $"nothing lies from {From} to {To} of {shape[Axis]}");
        shape[Axis] = (to - from + Step - 1) / Step;
        return shape;
    }

    /// <summary>The start and end on a dimension of that length; negative values count from the end.</summary>
    public (long From, long To) Range(long length)
    {
        return (Place(From), To is { } to ? Place(to) : length);

        long Place(long at) => Math.Clamp(at < 0 ? at + length : at, 0, length);
    }
}

/// <summary>Permutes the dimensions.</summary>
internal sealed record Transpose(int[] Order) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        Ensure(Order.Order().SequenceEqual(Enumerable.Range(0, inputs[0].Length)),
            $"{Text(inputs[0])} cannot be put in the order {string.Join(", ", Order)}");
        return [.. Order.Select(i => inputs[0][i])];
    }
}

/// <summary>A dimension of a reshaped tensor: a number, a dimension of the input, or (at most once) the remainder.</summary>
internal readonly record struct Dimension(long? Number, int? Input)
{
    public override string ToString() => Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? (Input is { } i ? $"[{i}]" : "…");
}

/// <summary>Changes the shape, keeping the elements.</summary>
internal sealed record Reshape(Dimension[] Dimensions) : Operation
{
    public override long[] Shape(IReadOnlyList<long[]> inputs)
    {
        long[] from = inputs[0];
        Ensure(Dimensions.All(d => d.Input is null || d.Input < from.Length) && Dimensions.Count(d => d is { Number: null, Input: null }) <= 1,
            $"{Text(from)} has too few dimensions");
        long[] shape = [.. Dimensions.Select(d => d.Number ?? (d.Input is { } i ? from[i] : -1))];
        long all = Product(from), known = Product(shape.Where(d => d >= 0));
        Ensure(shape.Contains(-1) ? known > 0 && all % known == 0 : known == all,
            $"{Text(from)} cannot become {string.Join(" × ", Dimensions)}: the graph was exported for one size of images alone. "
            + "Export it with a size that varies");
        return [.. shape.Select(d => d < 0 ? all / known : d)];
    }

    private static long Product(IEnumerable<long> shape) => shape.Aggregate(1L, (product, d) => checked(product * d));
}
