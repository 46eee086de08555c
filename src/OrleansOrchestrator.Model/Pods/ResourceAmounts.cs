using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>Amounts of resources: a pod's requests or a node's offer. Mutable while it is summed up, read-only afterwards.</summary>
public struct ResourceAmounts
{
    private Dictionary<string, long>? _extended;

    /// <summary>CPU in thousandths of a core.</summary>
    public long CpuMilli;

    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes;

    /// <summary>Local ephemeral storage in bytes.</summary>
    public long StorageBytes;

    /// <summary>The number of pods; zero in requests.</summary>
    public long Pods;

    /// <summary>Extended resources by name, in whole units.</summary>
    public readonly IReadOnlyDictionary<string, long> Extended => _extended ?? (IReadOnlyDictionary<string, long>)NoneExtended;

    private static readonly Dictionary<string, long> NoneExtended = [];

    /// <summary>Reads quantities by name.</summary>
    public static ResourceAmounts From(IDictionary<string, ResourceQuantity>? quantities)
    {
        var amounts = default(ResourceAmounts);
        if (quantities is null)
            return amounts;
        foreach (var (name, quantity) in quantities)
        {
            switch (name)
            {
                case ResourceNames.Cpu:
                    amounts.CpuMilli = QuantityConversion.ToMilli(quantity);
                    break;
                case ResourceNames.Memory:
                    amounts.MemoryBytes = QuantityConversion.ToUnits(quantity);
                    break;
                case ResourceNames.EphemeralStorage:
                    amounts.StorageBytes = QuantityConversion.ToUnits(quantity);
                    break;
                case ResourceNames.Pods:
                    amounts.Pods = QuantityConversion.ToUnits(quantity);
                    break;
                default:
                    (amounts._extended ??= new(StringComparer.Ordinal))[name] = QuantityConversion.ToUnits(quantity);
                    break;
            }
        }

        return amounts;
    }

    /// <summary>Adds other amounts; a sum saturates like its terms.</summary>
    public void Add(in ResourceAmounts other)
    {
        CpuMilli = QuantityConversion.Sum(CpuMilli, other.CpuMilli);
        MemoryBytes = QuantityConversion.Sum(MemoryBytes, other.MemoryBytes);
        StorageBytes = QuantityConversion.Sum(StorageBytes, other.StorageBytes);
        Pods = QuantityConversion.Sum(Pods, other.Pods);
        foreach (var (name, amount) in other.Extended)
        {
            _extended ??= new(StringComparer.Ordinal);
            _extended[name] = QuantityConversion.Sum(_extended.GetValueOrDefault(name), amount);
        }
    }

    /// <summary>Raises each amount to another one if that is higher.</summary>
    public void RaiseTo(in ResourceAmounts other)
    {
        CpuMilli = Math.Max(CpuMilli, other.CpuMilli);
        MemoryBytes = Math.Max(MemoryBytes, other.MemoryBytes);
        StorageBytes = Math.Max(StorageBytes, other.StorageBytes);
        Pods = Math.Max(Pods, other.Pods);
        foreach (var (name, amount) in other.Extended)
        {
            _extended ??= new(StringComparer.Ordinal);
            _extended[name] = Math.Max(_extended.GetValueOrDefault(name), amount);
        }
    }

    /// <summary>Whether all amounts are equal.</summary>
    public readonly bool SameAs(in ResourceAmounts other) =>
        CpuMilli == other.CpuMilli && MemoryBytes == other.MemoryBytes && StorageBytes == other.StorageBytes && Pods == other.Pods
        && Extended.Count == other.Extended.Count && HasAll(other);

    private readonly bool HasAll(in ResourceAmounts other)
    {
        foreach (var (name, amount) in other.Extended)
        {
            if (!Extended.TryGetValue(name, out var mine) || mine != amount)
                return false;
        }

        return true;
    }
}
