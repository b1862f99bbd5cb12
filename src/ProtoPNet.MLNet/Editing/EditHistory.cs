namespace ProtoPNet.MLNet.Editing;

/// <summary>The states of a model that a person has gone through, and which of them is current. Immutable; never empty.</summary>
internal sealed class EditHistory
{
    private readonly EditedModel[] _states;
    private readonly int _at;

    private EditHistory(EditedModel[] states, int at) => (_states, _at) = (states, at);

    /// <summary>A history that begins with a state.</summary>
    public static EditHistory From(EditedModel start) => new([start], 0);

    /// <summary>The model without edits.</summary>
    public EditedModel Start => _states[0];

    /// <summary>The current state.</summary>
    public EditedModel Current => _states[_at];

    /// <summary>The state before the current one, or the current one if it is the first.</summary>
    public EditedModel Previous => _states[Math.Max(0, _at - 1)];

    /// <summary>The states that have been undone, the next one first.</summary>
    public IReadOnlyList<EditedModel> Undone => _states[(_at + 1)..];

    /// <summary>The history after one more edit; what had been undone is forgotten.</summary>
    public EditHistory With(EditedModel next) => new([.. _states[..(_at + 1)], next], _at + 1);

    /// <summary>One edit back; the same history if there is none.</summary>
    public EditHistory Undo() => new(_states, Math.Max(0, _at - 1));

    /// <summary>One undone edit forward again; the same history if there is none.</summary>
    public EditHistory Redo() => new(_states, Math.Min(_states.Length - 1, _at + 1));
}
