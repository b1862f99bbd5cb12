namespace ProtoPNet.Datasets;

/// <summary>A value in a MATLAB file, limited to what annotations need.</summary>
internal abstract record MatValue;

/// <summary>A row of characters.</summary>
internal sealed record MatText(string Text) : MatValue;

/// <summary>Real numbers, in column-major order.</summary>
internal sealed record MatNumbers(IReadOnlyList<double> Values) : MatValue;

/// <summary>A cell array.</summary>
internal sealed record MatCells(IReadOnlyList<MatValue> Values) : MatValue;

/// <summary>An array of structures with the same fields.</summary>
internal sealed record MatStructures(IReadOnlyList<IReadOnlyDictionary<string, MatValue>> Values) : MatValue;
