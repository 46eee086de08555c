namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The label columns of plugins, built at their first use.</summary>
internal sealed class TopologyColumns(NodeTable nodes)
{
    /// <summary>The most columns to keep. Their keys come from pods, so that users determine their number.</summary>
    public const int ColumnsMax = 64;

    private readonly Dictionary<string, TopologyColumn> _columns = new(StringComparer.Ordinal);

    public TopologyColumn Get(string key)
    {
        if (_columns.TryGetValue(key, out var column))
            return column;
        if (_columns.Count == ColumnsMax)
            _columns.Clear();
        column = new TopologyColumn(key, nodes.Capacity);
        var records = nodes.Records;
        for (var row = 0; row < records.Length; row++)
        {
            if (records[row] is { IsPresent: true } record)
                column.Set(row, record.Labels.TryGetValue(key, out var value) ? value : null);
        }

        _columns.Add(key, column);
        return column;
    }

    public void Update(int row, NodeRecord record)
    {
        foreach (var (key, column) in _columns)
            column.Set(row, record.IsPresent && record.Labels.TryGetValue(key, out var value) ? value : null);
    }

    public void Resize(int rows)
    {
        foreach (var column in _columns.Values)
            column.Resize(rows);
    }
}
