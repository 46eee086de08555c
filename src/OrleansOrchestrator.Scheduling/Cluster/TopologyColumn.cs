namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The values of one node label by row, as small numbers: the domains of a topology key. A number is reused when no row has it any
/// more.
/// </summary>
internal sealed class TopologyColumn
{
    /// <summary>The domain of a node without the label.</summary>
    public const int NoDomain = -1;

    private readonly Dictionary<string, int> _domains = new(StringComparer.Ordinal);
    private readonly List<(string Value, int Rows)> _values = [];
    private readonly Stack<int> _unused = [];
    private int[] _byRow;

    public TopologyColumn(string key, int rows)
    {
        Key = key;
        _byRow = new int[rows];
        Array.Fill(_byRow, NoDomain);
    }

    public string Key { get; }

    /// <summary>One more than the highest domain number.</summary>
    public int DomainLimit => _values.Count;

    /// <summary>The number of domains with nodes.</summary>
    public int DomainCount => _domains.Count;

    public ReadOnlySpan<int> ByRow => _byRow;

    public void Set(int row, string? value)
    {
        var old = _byRow[row];
        if (old != NoDomain && _values[old].Value == value)
            return;
        _byRow[row] = value is null ? NoDomain : Acquire(value);
        if (old != NoDomain)
            Release(old);
    }

    public void Resize(int rows)
    {
        var old = _byRow.Length;
        Array.Resize(ref _byRow, rows);
        _byRow.AsSpan(old).Fill(NoDomain);
    }

    private int Acquire(string value)
    {
        if (_domains.TryGetValue(value, out var domain))
        {
            _values[domain] = (value, _values[domain].Rows + 1);
            return domain;
        }

        if (_unused.TryPop(out domain))
        {
            _values[domain] = (value, 1);
        }
        else
        {
            domain = _values.Count;
            _values.Add((value, 1));
        }

        _domains.Add(value, domain);
        return domain;
    }

    private void Release(int domain)
    {
        var (value, rows) = _values[domain];
        _values[domain] = (value, rows - 1);
        if (rows > 1)
            return;
        _domains.Remove(value);
        _unused.Push(domain);
    }
}
