using System.Numerics;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Scores nodes by the requested fraction of their resources: prefers emptier nodes to spread load, fuller ones to pack it, or follows
/// a shape from the configuration.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/.</remarks>
internal sealed class ScoringStrategy
{
    private const string LeastAllocated = "LeastAllocated";
    private const string MostAllocated = "MostAllocated";
    private const string RequestedToCapacityRatio = "RequestedToCapacityRatio";

    // A multiplication with a reciprocal may fall just below a whole per cent that a division reaches.
    private const double RoundingGuard = 1e-9;

    private readonly string _type;
    private readonly IReadOnlyList<WeighedResource> _resources;
    private readonly IReadOnlyList<(int Utilization, int Score)> _shape;
    private readonly bool _isPlain;

    private ScoringStrategy(string type, IReadOnlyList<WeighedResource> resources, IReadOnlyList<(int Utilization, int Score)> shape)
    {
        _type = type;
        _resources = resources;
        _shape = shape;
        _isPlain = type != RequestedToCapacityRatio && WeighedResource.AreDefault(resources);
    }

    public static ScoringStrategy Read(ConfigurationReader strategy)
    {
        var type = strategy.Word("type", LeastAllocated, LeastAllocated, MostAllocated, RequestedToCapacityRatio);
        var resources = WeighedResource.Read(strategy, weightMax: 100);
        var ratio = strategy.Object("requestedToCapacityRatio");
        var shape = ratio.List(
            "shape", static point => (Utilization: point.Number("utilization", 0, 0, 100), Score: point.Number("score", 0, 0, 10) * 10), []);
        ratio.RefuseOthers();
        if (type == RequestedToCapacityRatio && shape.Count == 0)
            ratio.Refuse("shape", "", "at least one point must be specified");
        if (shape.Zip(shape.Skip(1)).Any(pair => pair.First.Utilization >= pair.Second.Utilization))
            ratio.Refuse("shape", shape.Count, "utilization values must be sorted in increasing order");
        return new ScoringStrategy(type, resources, shape);
    }

    /// <summary>The score of the node at a row, 0…100.</summary>
    public int Score(PodResources pod, NodeTable nodes, int row)
    {
        if (_isPlain)
            return ScorePlain(pod, nodes, row);
        double sum = 0;
        var weights = 0;
        foreach (var resource in _resources)
        {
            if (resource.FractionOn(pod, nodes, row, isScored: true) is not { } fraction)
                continue;
            var score = _type == RequestedToCapacityRatio ? ScoreOf(fraction) : ScoreOf(Math.Min(fraction, 1), 1);
            // A resource whose score by the shape is not positive does not count.
            if (_type == RequestedToCapacityRatio && score <= 0)
                continue;
            sum += resource.Weight * score;
            weights += resource.Weight;
        }

        if (weights == 0)
            return 0;
        return (int)(_type == RequestedToCapacityRatio ? Math.Round(sum / weights, MidpointRounding.AwayFromZero) : sum / weights);
    }

    /// <summary>Adds the weighted scores of all rows to their sums; equals <see cref="Score"/> exactly.</summary>
    public void AddAll(PodResources pod, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums, int weight)
    {
        if (!_isPlain)
        {
            for (var rest = 0; rest < sums.Length; rest++)
            {
                if (passes[rest])
                    sums[rest] += weight * Score(pod, nodes, rest);
            }

            return;
        }

        var columns = nodes.Columns;
        Span<double> scores = stackalloc double[Vector<double>.Count];
        var row = 0;
        for (; row <= sums.Length - Vector<double>.Count; row += Vector<double>.Count)
        {
            var perCpu = new Vector<double>(columns.PerCpu, row);
            var perMemory = new Vector<double>(columns.PerMemory, row);
            var cpu = (new Vector<double>(columns.ScoredCpuMilli, row) + new Vector<double>(pod.ScoredCpuMilli)) * perCpu;
            var memory = (new Vector<double>(columns.ScoredMemoryBytes, row) + new Vector<double>(pod.ScoredMemoryBytes)) * perMemory;
            var sum = ScoreOf(cpu, perCpu) + ScoreOf(memory, perMemory);
            var hasBoth = Vector.GreaterThan(perCpu, Vector<double>.Zero) & Vector.GreaterThan(perMemory, Vector<double>.Zero);
            Vector.ConditionalSelect(hasBoth, sum / 2, sum).CopyTo(scores);
            for (var i = 0; i < scores.Length; i++)
                sums[row + i] += weight * (int)scores[i];
        }

        for (; row < sums.Length; row++)
            sums[row] += weight * ScorePlain(pod, nodes, row);
    }

    /// <summary>CPU and memory with weight one each.</summary>
    private int ScorePlain(PodResources pod, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var perCpu = columns.PerCpu[row];
        var perMemory = columns.PerMemory[row];
        var sum = ScoreOf(Math.Min((columns.ScoredCpuMilli[row] + pod.ScoredCpuMilli) * perCpu, 1), perCpu)
            + ScoreOf(Math.Min((columns.ScoredMemoryBytes[row] + pod.ScoredMemoryBytes) * perMemory, 1), perMemory);
        return (int)(perCpu > 0 && perMemory > 0 ? sum / 2 : sum);
    }

    private double ScoreOf(double fraction, double perUnit) =>
        perUnit == 0 ? 0 : Math.Floor(((_type == MostAllocated ? fraction : 1 - fraction) * 100) + RoundingGuard);

    private Vector<double> ScoreOf(Vector<double> fraction, Vector<double> perUnit)
    {
        fraction = Vector.Min(fraction, Vector<double>.One);
        var preferred = _type == MostAllocated ? fraction : Vector<double>.One - fraction;
        var score = Vector.Floor((preferred * 100) + new Vector<double>(RoundingGuard));
        return Vector.ConditionalSelect(Vector.GreaterThan(perUnit, Vector<double>.Zero), score, Vector<double>.Zero);
    }

    /// <summary>The score of a utilization by the shape: linear between its points, constant before the first and after the last.</summary>
    private double ScoreOf(double fraction)
    {
        var utilization = fraction > 1 ? 100 : Math.Floor((fraction * 100) + RoundingGuard);
        for (var i = 0; i < _shape.Count; i++)
        {
            if (utilization > _shape[i].Utilization)
                continue;
            if (i == 0)
                return _shape[0].Score;
            var (left, right) = (_shape[i - 1], _shape[i]);
            return left.Score + Math.Truncate((right.Score - left.Score) * (utilization - left.Utilization) / (right.Utilization - left.Utilization));
        }

        return _shape[^1].Score;
    }
}

/// <summary>A resource with its weight in the score.</summary>
internal sealed record WeighedResource(string Name, int Weight)
{
    private static readonly WeighedResource[] Default = [new(ResourceNames.Cpu, 1), new(ResourceNames.Memory, 1)];

    public static bool AreDefault(IReadOnlyList<WeighedResource> resources) =>
        resources.Count == Default.Length && resources.OrderBy(resource => resource.Name, StringComparer.Ordinal).SequenceEqual(Default);

    public static IReadOnlyList<WeighedResource> Read(ConfigurationReader arguments, int weightMax) => arguments.List(
        "resources",
        resource =>
        {
            var name = resource.Text("name", "");
            if (name.Length == 0)
                resource.Refuse("name", name, "must name a resource");
            return new WeighedResource(name, resource.Number("weight", 1, 1, weightMax));
        },
        Default);

    /// <summary>
    /// The requested fraction of the node's allocatable amount; null if the resource does not count: the node has none of it, or it is
    /// extended and the pod does not request it.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="row">The row of the node.</param>
    /// <param name="isScored">Whether containers without a CPU or memory request count with a default.</param>
    public double? FractionOn(PodResources pod, NodeTable nodes, int row, bool isScored)
    {
        var columns = nodes.Columns;
        var (requested, allocatable) = Name switch
        {
            ResourceNames.Cpu => isScored
                ? (columns.ScoredCpuMilli[row] + pod.ScoredCpuMilli, columns.AllocatableCpuMilli[row])
                : (columns.RequestedCpuMilli[row] + pod.CpuMilli, columns.AllocatableCpuMilli[row]),
            ResourceNames.Memory => isScored
                ? (columns.ScoredMemoryBytes[row] + pod.ScoredMemoryBytes, columns.AllocatableMemoryBytes[row])
                : (columns.RequestedMemoryBytes[row] + pod.MemoryBytes, columns.AllocatableMemoryBytes[row]),
            ResourceNames.EphemeralStorage =>
                ((double)columns.AllocatableStorageBytes[row] - columns.FreeStorageBytes[row] + pod.StorageBytes, columns.AllocatableStorageBytes[row]),
            _ => OfExtended(pod, nodes, row),
        };
        return allocatable > 0 ? requested / allocatable : null;
    }

    private (double Requested, long Allocatable) OfExtended(PodResources pod, NodeTable nodes, int row) =>
        pod.AmountOf(Name) is var amount and > 0 && nodes.Extended(Name) is { } column
            ? ((double)column.Allocatable[row] - column.Free[row] + amount, column.Allocatable[row])
            : (0, 0);
}
