namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>A yes or no per row that is found out at most once for each decision; null while nobody has asked.</summary>
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
