using System.Net;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>A service and its slices. Immutable.</summary>
/// <param name="Service">The service; null if only slices name it.</param>
/// <param name="Slices">The slices, by name and in the order of the names.</param>
internal sealed record ZoneEntry(ZoneService? Service, KeyValuePair<string, ZoneSlice>[] Slices)
{
    public static readonly ZoneEntry Empty = new(null, []);

    public bool IsEmpty => Service is null && Slices.Length == 0;

    /// <summary>The entry with a slice, in place of the one of that name.</summary>
    public ZoneEntry With(string name, ZoneSlice slice) => this with
    {
        Slices = [.. Slices.Where(one => one.Key != name).Append(new(name, slice)).OrderBy(one => one.Key, StringComparer.Ordinal)],
    };

    public ZoneEntry Without(string name) => this with { Slices = [.. Slices.Where(one => one.Key != name)] };

    /// <summary>The addresses that lead back to the service: its own, or those of its endpoints.</summary>
    public HashSet<IPAddress> Addresses() => Service switch
    {
        null => [],
        { IsHeadless: false } service => [.. service.Addresses],
        _ => [.. Endpoints().Select(endpoint => new IPAddress(endpoint.Slice.AddressOf(endpoint.Index)))],
    };

    /// <summary>The ready endpoints, from any of them on: whoever takes only some does not always take the same.</summary>
    public IEnumerable<(ZoneSlice Slice, int Index)> Endpoints()
    {
        if (Slices.Length == 0)
            yield break;
        var at = Random.Shared.Next(Slices.Length);
        var start = Random.Shared.Next(Slices[at].Value.Count);
        for (var n = 0; n <= Slices.Length; n++)
        {
            var slice = Slices[(at + n) % Slices.Length].Value;
            var end = n == Slices.Length ? start : slice.Count;
            for (var i = n == 0 ? start : 0; i < end; i++)
                yield return (slice, i);
        }
    }
}
