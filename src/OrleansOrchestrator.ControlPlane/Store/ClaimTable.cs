using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Who holds what within a resource: cluster IPs, node ports. The store is the only writer of its resource, so that a claim
/// needs no allocator of its own, cannot leak, and needs no repair.
/// </summary>
internal sealed class ClaimTable(ResourceDefinition definition)
{
    private readonly Dictionary<string, ObjectKey> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, IReadOnlyList<string>> _claims = [];

    /// <summary>Whether any object holds a claim.</summary>
    public bool IsHeld(string claim) => _holders.ContainsKey(claim);

    /// <summary>Sets what an object holds.</summary>
    /// <returns>Null if it holds exactly these now; otherwise the claim that another object holds, and nothing changed.</returns>
    public string? TryClaim(in ObjectKey key, IReadOnlyList<string> claims)
    {
        if (!definition.HasClaims)
            return null;
        foreach (var claim in claims)
        {
            if (_holders.TryGetValue(claim, out var holder) && holder != key)
                return claim;
        }

        foreach (var claim in _claims.GetValueOrDefault(key) ?? [])
            _holders.Remove(claim);
        foreach (var claim in claims)
            _holders[claim] = key;
        if (claims.Count > 0)
            _claims[key] = claims;
        else
            _claims.Remove(key);
        return null;
    }

    /// <summary>Starts again from the objects as they are.</summary>
    public void Rebuild(ObjectTree objects)
    {
        if (!definition.HasClaims)
            return;
        _holders.Clear();
        _claims.Clear();
        foreach (var obj in objects.All())
            TryClaim(obj.Key, definition.Claims(obj.SharedModel()));
    }
}
