using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Consistency.Tests.Mutations;

/// <summary>Makes faults at the fault points of the store of ConfigMaps, or leaves steps out, at random.</summary>
internal sealed class RandomFaults(int seed) : IFaultPoints
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>What is thrown before which step.</summary>
    public Dictionary<StoreStep, Func<Exception>> Before { get; init; } = [];

    /// <summary>What is thrown after which step.</summary>
    public Dictionary<StoreStep, Func<Exception>> After { get; init; } = [];

    /// <summary>The steps that are left out.</summary>
    public HashSet<StoreStep> Skipped { get; init; } = [];

    /// <summary>In how many of a hundred cases.</summary>
    public required int Percent { get; init; }

    /// <summary>Whether it is at work.</summary>
    public bool IsOn { get; set; } = true;

    /// <summary>How often it struck.</summary>
    public int Strikes { get; private set; }

    public Task BeforeAsync(StoreStep step, ResourceName resource) => ThrowAsync(Before, step, resource);

    public Task AfterAsync(StoreStep step, ResourceName resource) => ThrowAsync(After, step, resource);

    public bool Skips(StoreStep step, ResourceName resource) => Skipped.Contains(step) && StrikesAt(resource);

    private Task ThrowAsync(Dictionary<StoreStep, Func<Exception>> faults, StoreStep step, ResourceName resource) =>
        faults.TryGetValue(step, out var fault) && StrikesAt(resource) ? Task.FromException(fault()) : Task.CompletedTask;

    private bool StrikesAt(ResourceName resource)
    {
        if (!IsOn || resource.ToString() != "configmaps")
            return false;
        lock (_gate)
        {
            if (_random.Next(100) >= Percent)
                return false;
            Strikes++;
            return true;
        }
    }
}
