using System.Numerics;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Rejects nodes without a free pod slot or a requested resource, and prefers emptier or fuller nodes according to its <see
/// cref="ScoringStrategy"/>.
/// </summary>
internal sealed class NodeResourcesFit : INodeFilter, INodeScore
{
    public const string Name = "NodeResourcesFit";

    private readonly ScoringStrategy _strategy;
    private readonly HashSet<string> _ignored;
    private readonly HashSet<string> _ignoredGroups;

    public NodeResourcesFit(PluginContext context)
    {
        _ignored = context.Arguments.Texts("ignoredResources").ToHashSet(StringComparer.Ordinal);
        _ignoredGroups = context.Arguments.Texts("ignoredResourceGroups").ToHashSet(StringComparer.Ordinal);
        var strategy = context.Arguments.Object("scoringStrategy");
        _strategy = ScoringStrategy.Read(strategy);
        strategy.RefuseOthers();
    }

    public bool ReadsNodeOnly => false;

    public Normalization Normalization => Normalization.None;

    public bool Applies(PodShape shape) => true;

    public bool Passes(PodShape shape, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var requests = shape.Resources;
        if (columns.FreePods[row] < 1
            || Lacks(requests.CpuMilli, columns.FreeCpuMilli[row])
            || Lacks(requests.MemoryBytes, columns.FreeMemoryBytes[row])
            || Lacks(requests.StorageBytes, columns.FreeStorageBytes[row]))
        {
            return false;
        }

        foreach (var (name, amount) in requests.Extended)
        {
            if (!IsIgnored(name) && (nodes.Extended(name) is not { } column || column.Free[row] < amount))
                return false;
        }

        return true;
    }

    public void FilterAll(PodShape shape, NodeTable nodes, Span<bool> passes)
    {
        var columns = nodes.Columns;
        var requests = shape.Resources;
        Require(columns.FreePods, 1, passes);
        Require(columns.FreeCpuMilli, requests.CpuMilli, passes);
        Require(columns.FreeMemoryBytes, requests.MemoryBytes, passes);
        Require(columns.FreeStorageBytes, requests.StorageBytes, passes);
        foreach (var (name, amount) in requests.Extended)
        {
            if (IsIgnored(name))
                continue;
            if (nodes.Extended(name) is { } column)
                Require(column.Free, amount, passes);
            else
                passes.Clear();
        }
    }

    public Rejection Explain(PodShape shape, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var requests = shape.Resources;
        var reasons = new List<string>(1);
        // Evictions do not help on a node that is too small even when empty.
        var isResolvable = true;
        if (columns.FreePods[row] < 1)
            reasons.Add("Too many pods");
        Check(ResourceNames.Cpu, requests.CpuMilli, columns.FreeCpuMilli[row], columns.AllocatableCpuMilli[row]);
        Check(ResourceNames.Memory, requests.MemoryBytes, columns.FreeMemoryBytes[row], columns.AllocatableMemoryBytes[row]);
        Check(ResourceNames.EphemeralStorage, requests.StorageBytes, columns.FreeStorageBytes[row], columns.AllocatableStorageBytes[row]);
        foreach (var (name, amount) in requests.Extended)
        {
            if (IsIgnored(name))
                continue;
            var column = nodes.Extended(name);
            Check(name, amount, column?.Free[row] ?? 0, column?.Allocatable[row] ?? 0);
        }

        return new Rejection(Name, reasons, isResolvable);

        void Check(string name, long request, long free, long allocatable)
        {
            if (!Lacks(request, free))
                return;
            reasons.Add($"Insufficient {name}");
            isResolvable &= request <= allocatable;
        }
    }

    public bool Applies(PodShape shape, NodeTable nodes) => true;

    public int Score(PodShape shape, NodeTable nodes, int row) => _strategy.Score(shape.Resources, nodes, row);

    public void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums, int weight) =>
        _strategy.AddAll(shape.Resources, nodes, passes, sums, weight);

    // A pod that requests nothing of a resource fits even if the node is overcommitted.
    private static bool Lacks(long request, long free) => request > 0 && request > free;

    private static void Require(ReadOnlySpan<long> free, long request, Span<bool> passes)
    {
        if (request <= 0)
            return;
        var row = 0;
        var least = new Vector<long>(request);
        for (; row <= passes.Length - Vector<long>.Count; row += Vector<long>.Count)
        {
            // Most nodes have room, so that whole vectors pass without a look at single rows.
            if (Vector.GreaterThanOrEqualAll(new Vector<long>(free[row..]), least))
                continue;
            for (var i = row; i < row + Vector<long>.Count; i++)
                passes[i] &= free[i] >= request;
        }

        for (; row < passes.Length; row++)
            passes[row] &= free[row] >= request;
    }

    /// <summary>Whether an extended resource is managed outside the scheduler.</summary>
    private bool IsIgnored(string name) =>
        _ignored.Contains(name) || (_ignoredGroups.Count > 0 && _ignoredGroups.Contains(name[..Math.Max(name.IndexOf('/', StringComparison.Ordinal), 0)]));
}
