using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Thresholds;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>What the node has, and what of it pods get: not what is reserved, and not what must be left.</summary>
/// <remarks>See https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/.</remarks>
/// <param name="Capacity">What there is.</param>
/// <param name="Allocatable">What pods may request.</param>
internal sealed record NodeResources(IReadOnlyDictionary<string, Quantity> Capacity, IReadOnlyDictionary<string, Quantity> Allocatable)
{
    private const string Pids = "pid";

    // What hard thresholds of these signals keep free.
    private static readonly (EvictionSignal Signal, string Resource)[] KeptFree =
        [(EvictionSignal.MemoryAvailable, ResourceNames.Memory), (EvictionSignal.NodeFsAvailable, ResourceNames.EphemeralStorage)];

    /// <summary>Computes the resources.</summary>
    public static NodeResources Of(NodeAgentOptions options, MachineInfo machine)
    {
        var capacity = new Dictionary<string, Quantity>(StringComparer.Ordinal)
        {
            [ResourceNames.Cpu] = Quantity.FromValue(machine.Cores),
            [ResourceNames.Memory] = Kibibytes(machine.MemoryBytes),
            [ResourceNames.EphemeralStorage] = Kibibytes(machine.DiskBytes),
            [ResourceNames.Pods] = Quantity.FromValue(options.MaxPods),
        };
        var allocatable = capacity.ToDictionary(one => one.Key, one => one.Value - Reserved(options, one.Key));
        foreach (var threshold in options.Thresholds.Where(threshold => threshold.IsHard))
        {
            foreach (var (_, resource) in KeptFree.Where(kept => kept.Signal == threshold.Signal))
                allocatable[resource] -= Quantity.FromValue(threshold.Amount.Of(capacity[resource].Value), QuantityFormat.BinarySI);
        }

        foreach (var (pageBytes, count) in machine.HugePages)
        {
            // Huge pages are memory that nothing else can use.
            var (name, bytes) = (ResourceNames.HugePagesPrefix + Quantity.FromValue(pageBytes, QuantityFormat.BinarySI), Quantity.FromValue(pageBytes * count, QuantityFormat.BinarySI));
            capacity[name] = allocatable[name] = bytes;
            allocatable[ResourceNames.Memory] -= bytes;
        }

        return new NodeResources(capacity, allocatable.ToDictionary(one => one.Key, one => Quantity.Max(one.Value, Quantity.Zero)));
    }

    /// <summary>Which reservations leave nothing for pods: the limit of the pods' cgroup would end all of them. One sentence for each.</summary>
    public IEnumerable<string> FaultsOf(NodeAgentOptions options)
    {
        var pids = Quantity.FromValue(MachineUsage.ReadTasksMax());
        return Capacity.Select(one => (Resource: one.Key, Has: one.Value, Left: Allocatable[one.Key]))
            .Append((Resource: Pids, Has: pids, Left: Quantity.Max(pids - Reserved(options, Pids), Quantity.Zero)))
            .Where(one => one.Has.Sign > 0 && one.Left.IsZero && Reserved(options, one.Resource).Sign > 0)
            .Select(one => $"SystemReserved and KubeReserved take {Reserved(options, one.Resource)} of {one.Resource}, and the machine has {one.Has}: nothing is left for pods.");
    }

    /// <summary>What the cgroups of pods enforce: without reservations nothing for all pods together.</summary>
    public CgroupLimits LimitsOfPods(NodeAgentOptions options)
    {
        var tasks = MachineUsage.ReadTasksMax();
        return new CgroupLimits(
            options.PodPidsLimit > 0 ? options.PodPidsLimit : null,
            Unreserved(ResourceNames.Cpu)?.MilliValue,
            Unreserved(ResourceNames.Memory)?.Value,
            Reserved(options, Pids) is { Sign: > 0 } pids && tasks > 0 ? tasks - pids.Value : null)
        {
            PidsMax = tasks > 0 ? tasks - LeftOf(tasks) : null,
        };

        Quantity? Unreserved(string resource) => Reserved(options, resource) is { Sign: > 0 } reserved ? Capacity[resource] - reserved : null;
    }

    /// <summary>The resources as an object shows them.</summary>
    public static Dictionary<string, ResourceQuantity> ToObject(IReadOnlyDictionary<string, Quantity> resources) =>
        resources.ToDictionary(one => one.Key, one => new ResourceQuantity(one.Value.ToString()), StringComparer.Ordinal);

    /// <summary>The processes that pods leave to the machine in any case: a twentieth, and where that is little, 1,024 or a quarter.</summary>
    private static long LeftOf(long tasks) => Math.Max(tasks / 20, Math.Min(1024, tasks / 4));

    private static Quantity Reserved(NodeAgentOptions options, string resource) => Of(options.SystemReserved, resource) + Of(options.KubeReserved, resource);

    private static Quantity Of(IReadOnlyDictionary<string, string> reserved, string resource) =>
        reserved.TryGetValue(resource, out var text) && Quantity.TryParse(text, out var amount) ? amount : Quantity.Zero;

    private static Quantity Kibibytes(long bytes) => Quantity.FromValue(bytes / 1024 * 1024, QuantityFormat.BinarySI);
}
