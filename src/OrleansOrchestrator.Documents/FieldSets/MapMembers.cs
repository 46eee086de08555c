using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>Looks up the members of one object while another one is traversed.</summary>
internal sealed class MapMembers
{
    /// <summary>Up to this count a linear search is faster than a dictionary.</summary>
    private const int ScannedMax = 32;

    private readonly JsonElement _map;
    private readonly Dictionary<string, JsonElement>? _byName;

    public MapMembers(JsonElement map)
    {
        _map = map;
        if (map.ValueKind != JsonValueKind.Object || map.GetPropertyCount() <= ScannedMax)
            return;
        _byName = new(StringComparer.Ordinal);
        foreach (var member in map.EnumerateObject())
            _byName[member.Name] = member.Value;
    }

    /// <summary>The value of the same name; undefined if there is none.</summary>
    public JsonElement Find(JsonProperty like)
    {
        if (_byName is not null)
            return _byName.GetValueOrDefault(like.Name);
        if (_map.ValueKind != JsonValueKind.Object)
            return default;
        var raw = JsonMarshal.GetRawUtf8PropertyName(like);
        return raw.Contains((byte)'\\')
            ? (_map.TryGetProperty(like.Name, out var named) ? named : default)
            : (_map.TryGetProperty(raw, out var found) ? found : default);
    }

    /// <summary>Whether there is a member of the same name.</summary>
    public bool Has(JsonProperty like) => Find(like).ValueKind != JsonValueKind.Undefined;
}
