namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>A set of rows, a bit for each.</summary>
internal sealed class RowSet
{
    private const int BitsPerWord = 64;

    private ulong[] _words;

    public RowSet(int rows = 0) => _words = new ulong[(rows + BitsPerWord - 1) / BitsPerWord];

    private RowSet(ulong[] words) => _words = words;

    public bool Contains(int row) => row / BitsPerWord < _words.Length && (_words[row / BitsPerWord] & (1UL << row)) != 0;

    public void Add(int row)
    {
        if (row / BitsPerWord >= _words.Length)
            Array.Resize(ref _words, (row / BitsPerWord) + 1);
        _words[row / BitsPerWord] |= 1UL << row;
    }

    public RowSet Copy() => new([.. _words]);
}
