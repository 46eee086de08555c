using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The holders of exclusive claims within a resource: cluster IPs, node ports. Because the store is its resource's only writer, claims
/// need no allocator, cannot leak, and need no repair.
/// </summary>
internal sealed class ClaimTable(ResourceDefinition definition)
{
    private readonly Dictionary<string, ObjectKey> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, IReadOnlyList<string>> _claims = [];

    /// <summary>Whether any object holds a claim.</summary>
    public bool IsHeld(string claim) => _holders.ContainsKey(claim);

    /// <summary>Sets the claims of an object.</summary>
    /// <returns>Null if the object now holds exactly these claims; otherwise the claim that another object holds, and nothing has
    /// changed.</returns>
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

    /// <summary>Rebuilds the table from the objects.</summary>
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
