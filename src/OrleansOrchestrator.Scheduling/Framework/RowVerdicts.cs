namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>A lazily evaluated boolean per row, for one decision; null before its evaluation.</summary>
internal sealed class RowVerdicts
{
    private bool?[] _byRow = [];
    private bool _isUsed;

    public bool? this[int row]
    {
        get => _byRow[row];
        set
        {
            _byRow[row] = value;
            _isUsed = true;
        }
    }

    /// <summary>Forgets all verdicts.</summary>
    public void Clear(int rows)
    {
        if (_byRow.Length < rows)
            _byRow = new bool?[rows];
        else if (_isUsed)
            Array.Clear(_byRow);
        _isUsed = false;
    }
}
