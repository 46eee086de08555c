using System.Globalization;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Spreads the shards of a controller evenly over the silos, and the first shards of all controllers as well.</summary>
[GenerateSerializer, Immutable, Alias("ShardPlacement")]
internal sealed class ShardPlacement : PlacementStrategy
{
    /// <summary>The stateless strategy.</summary>
    public static ShardPlacement Instance { get; } = new();

    /// <summary>The parts of a shard's key.</summary>
    public static (string Controller, uint Number) Parse(string shard)
    {
        var slash = shard.LastIndexOf('/');
        return (shard[..slash], uint.Parse(shard.AsSpan(slash + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>The silo of a shard. All who know the same silos get the same answer.</summary>
    /// <param name="shard">The shard's key.</param>
    /// <param name="silos">The silos, in any order; not empty.</param>
    public static SiloAddress Choose(string shard, IEnumerable<SiloAddress> silos)
    {
        SiloAddress[] sorted = [.. silos.Order()];
        var (controller, number) = Parse(shard);
        return sorted[(StableHash(controller) + number) % (uint)sorted.Length];
    }

    /// <summary>A hash that is the same in every process (FNV-1a).</summary>
    public static uint StableHash(string text, uint hash = 2166136261u)
    {
        foreach (var character in text)
            hash = (hash ^ character) * 16777619u;
        return hash;
    }
}

/// <summary>Marks grains with this placement.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(ShardPlacement.Instance);

/// <summary>Chooses the silo for the activation of a shard.</summary>
internal sealed class ShardPlacementDirector : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(ShardPlacement.Choose(target.GrainIdentity.Key.ToString()!, context.GetCompatibleSilos(target)));
}

/// <summary>Tells whether a shard on this silo still belongs here.</summary>
internal sealed class SiloPlaces(IClusterMembershipService membership, ILocalSiloDetails silo)
{
    /// <summary>Whether a shard belongs to another silo, because silos came or went.</summary>
    public bool IsMisplaced(string shard)
    {
        var active = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress)
            .ToList();
        return active.Contains(silo.SiloAddress) && !ShardPlacement.Choose(shard, active).Equals(silo.SiloAddress);
    }
}
