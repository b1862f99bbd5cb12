namespace ProtoPNet.Datasets;

/// <summary>A value of a MATLAB file, as far as annotations need them.</summary>
internal abstract record MatValue;

/// <summary>A row of characters.</summary>
internal sealed record MatText(string Text) : MatValue;

/// <summary>Real numbers, column by column.</summary>
internal sealed record MatNumbers(IReadOnlyList<double> Values) : MatValue;

/// <summary>A cell array.</summary>
internal sealed record MatCells(IReadOnlyList<MatValue> Values) : MatValue;

/// <summary>An array of structures that have the same fields.</summary>
internal sealed record MatStructures(IReadOnlyList<IReadOnlyDictionary<string, MatValue>> Values) : MatValue;
