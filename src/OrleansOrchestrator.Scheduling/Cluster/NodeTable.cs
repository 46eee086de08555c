using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The nodes as a structure of arrays: one row per node, one array per resource, so that a filter over all nodes is a loop over
/// consecutive numbers. Rows are reused. A row without a node has no free pod slot, which excludes it from every result without a
/// separate check.
/// </summary>
internal sealed class NodeTable
{
    // The columns double when they are full, so that the first size does not matter.
    private const int InitialCapacity = 64;

    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly Stack<int> _unusedRows = [];
    private readonly Dictionary<string, ExtendedColumn> _extended = new(StringComparer.Ordinal);
    private readonly TopologyColumns _topology;
    private NodeRecord?[] _records = new NodeRecord?[InitialCapacity];
    private int _nodesWithPreferences;

    public NodeTable() => _topology = new TopologyColumns(this);

    /// <summary>One more than the highest row in use.</summary>
    public int RowLimit { get; private set; }

    /// <summary>The number of rows before the columns grow.</summary>
    public int Capacity => _records.Length;

    /// <summary>The number of nodes.</summary>
    public int NodeCount { get; private set; }

    /// <summary>Changes when everything computed per row must be computed again.</summary>
    public int Epoch { get; private set; }

    /// <summary>Whether some node has a taint that only affects scores.</summary>
    public bool HasPreferNoSchedule => _nodesWithPreferences > 0;

    public ChangeLog Changes { get; } = new();

    /// <summary>The images of the nodes. They matter to scores of the cluster only, which are not kept.</summary>
    public NodeImages Images { get; } = new();

    public NodeColumns Columns { get; } = new(InitialCapacity);

    public ReadOnlySpan<NodeRecord?> Records => _records.AsSpan(0, RowLimit);

    /// <summary>Raised with the new capacity when the columns grow.</summary>
    public event Action<int>? Grown;

    /// <summary>Invalidates everything computed per row.</summary>
    public void StartOver() => Epoch++;

    public NodeRecord Record(int row) => _records[row]!;

    public bool TryFind(string name, out int row) => _rows.TryGetValue(name, out row);

    public TopologyColumn Topology(string key) => _topology.Get(key);

    /// <summary>The column of an extended resource; null if no node ever offered it. Pods do not create columns, because users choose
    /// the names in them.</summary>
    public ExtendedColumn? Extended(string name) => _extended.GetValueOrDefault(name);

    public int GetOrAdd(string name)
    {
        if (_rows.TryGetValue(name, out var row))
            return row;
        if (!_unusedRows.TryPop(out row))
        {
            row = RowLimit;
            if (row == Capacity)
                Grow();
            RowLimit++;
            // Evaluations size their arrays by the row limit.
            Epoch++;
        }

        _records[row] = new NodeRecord(name);
        _rows.Add(name, row);
        return row;
    }

    /// <summary>Sets a row to the properties of its node object.</summary>
    public void SetNode(int row, NodeProperties properties)
    {
        var record = Record(row);
        NotePreferences(record, -1);
        if (!record.IsPresent)
            NodeCount++;
        record.IsPresent = true;
        record.IsUnschedulable = properties.IsUnschedulable;
        record.HasVolumeFolder = properties.HasVolumeFolder;
        record.Labels = properties.Labels;
        record.Taints = properties.Taints;
        NotePreferences(record, 1);
        Columns.Traits[row] = NodeTraits.IsPresent
            | (record.IsUnschedulable ? NodeTraits.IsUnschedulable : NodeTraits.None)
            | (record.Taints.Count > 0 ? NodeTraits.HasTaints : NodeTraits.None);
        SetAllocatable(row, properties.Allocatable);
        _topology.Update(row, record);
        Changes.Add(row, nodeChanged: true);
    }

    /// <summary>Removes the node object; the row stays while pods are assigned to it.</summary>
    public void ClearNode(int row)
    {
        var record = Record(row);
        NotePreferences(record, -1);
        Images.Clear(row, record);
        record.Clear();
        NodeCount--;
        Columns.Traits[row] = NodeTraits.None;
        SetAllocatable(row, default);
        _topology.Update(row, record);
        Changes.Add(row, nodeChanged: true);
        ReleaseIfUnused(row);
    }

    public void AddPod(AssignedPod pod)
    {
        var record = Record(pod.Row);
        pod.IndexInNode = record.Pods.Count;
        record.Pods.Add(pod);
        foreach (var port in pod.Info.Shape.Ports)
            record.Ports.Add(port);
        Take(pod.Row, pod.Info.Shape, 1);
    }

    public void RemovePod(AssignedPod pod)
    {
        var record = Record(pod.Row);
        var last = record.Pods[^1];
        record.Pods[pod.IndexInNode] = last;
        last.IndexInNode = pod.IndexInNode;
        record.Pods.RemoveAt(record.Pods.Count - 1);
        foreach (var port in pod.Info.Shape.Ports)
            record.Ports.Remove(port);
        Take(pod.Row, pod.Info.Shape, -1);
    }

    /// <summary>Frees the row if neither a node nor a pod needs it.</summary>
    public void ReleaseIfUnused(int row)
    {
        var record = Record(row);
        if (record.IsPresent || record.Pods.Count > 0)
            return;
        _rows.Remove(record.Name);
        _records[row] = null;
        _unusedRows.Push(row);
    }

    private void Take(int row, PodShape shape, int sign)
    {
        Columns.Take(row, shape, sign);
        foreach (var (name, amount) in shape.Resources.Extended)
            Extended(name)?.Take(row, sign * amount);
        Changes.Add(row, nodeChanged: false);
    }

    private void SetAllocatable(int row, in ResourceAmounts allocatable)
    {
        Columns.SetAllocatable(row, allocatable);
        foreach (var (name, column) in _extended)
            column.SetAllocatable(row, allocatable.Extended.GetValueOrDefault(name));
        foreach (var (name, amount) in allocatable.Extended)
            ExtendedOrNew(name).SetAllocatable(row, amount);
    }

    private ExtendedColumn ExtendedOrNew(string name)
    {
        if (_extended.TryGetValue(name, out var column))
            return column;
        column = new ExtendedColumn(Capacity);
        for (var row = 0; row < RowLimit; row++)
        {
            foreach (var pod in _records[row]?.Pods ?? [])
                column.Take(row, pod.Info.Shape.Resources.AmountOf(name));
        }

        _extended.Add(name, column);
        return column;
    }

    private void NotePreferences(NodeRecord record, int change)
    {
        if (!record.Taints.Any(taint => taint.Effect == TaintEffects.PreferNoSchedule))
            return;
        var had = HasPreferNoSchedule;
        _nodesWithPreferences += change;
        if (had != HasPreferNoSchedule)
            Epoch++;
    }

    private void Grow()
    {
        var capacity = Capacity * 2;
        Array.Resize(ref _records, capacity);
        Columns.Resize(capacity);
        foreach (var column in _extended.Values)
            column.Resize(capacity);
        _topology.Resize(capacity);
        Grown?.Invoke(capacity);
    }
}
