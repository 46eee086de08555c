using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The claims that objects hold within a resource: cluster IPs, node ports, ranges of pod addresses. Because the store is its resource's
/// only writer, claims need no allocator, cannot leak, and need no repair.
/// </summary>
/// <remarks>
/// Where claims are ranges, <c>range/32/00001010</c> conflicts with what it begins with, as <c>range/32/0000</c>, and with all that begins
/// with it. So a look at a claim costs its length, however many are held.
/// </remarks>
internal sealed class ClaimTable(ResourceDefinition definition)
{
    // How many objects hold a claim: several only if users may share claims.
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    // Of ranges: how many held claims begin with a text, and how many have a length.
    private readonly Dictionary<string, int> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _lengths = [];
    private readonly Dictionary<ObjectKey, IReadOnlyList<string>> _claims = [];

    /// <summary>Whether any object holds a claim, or one that conflicts with it.</summary>
    public bool IsHeld(string claim)
    {
        if (!definition.ClaimsAreRanges)
            return _held.ContainsKey(claim);
        if (_parts.ContainsKey(claim))
            return true;
        var around = _held.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var length in _lengths.Keys)
        {
            if (length <= claim.Length && around.ContainsKey(claim.AsSpan(0, length)))
                return true;
        }

        return false;
    }

    /// <summary>Sets the claims of an object.</summary>
    /// <param name="key">The object.</param>
    /// <param name="claims">Its claims.</param>
    /// <param name="areShared">Whether others may hold them too.</param>
    /// <returns>Null if the object now holds exactly these claims; otherwise the claim that another object holds, and nothing has
    /// changed.</returns>
    public string? TryClaim(in ObjectKey key, IReadOnlyList<string> claims, bool areShared = false)
    {
        if (!definition.HasClaims)
            return null;
        var before = _claims.GetValueOrDefault(key) ?? [];
        if (areShared && before.SequenceEqual(claims, StringComparer.Ordinal))
            return null;

        Count(before, -1);
        if (!areShared && claims.FirstOrDefault(IsHeld) is { } taken)
        {
            Count(before, 1);
            return taken;
        }

        Count(claims, 1);
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
        _held.Clear();
        _parts.Clear();
        _lengths.Clear();
        _claims.Clear();
        foreach (var obj in objects.All())
            TryClaim(obj.Key, definition.Claims(obj.SharedModel()), areShared: true);
    }

    private void Count(IReadOnlyList<string> claims, int change)
    {
        foreach (var claim in claims)
        {
            Count(_held, claim, change);
            if (!definition.ClaimsAreRanges)
                continue;
            Count(_lengths, claim.Length, change);
            for (var length = 1; length < claim.Length; length++)
                Count(_parts, claim[..length], change);
        }
    }

    private static void Count<T>(Dictionary<T, int> counts, T what, int change)
        where T : notnull
    {
        var count = counts.GetValueOrDefault(what) + change;
        if (count == 0)
            counts.Remove(what);
        else
            counts[what] = count;
    }
}
