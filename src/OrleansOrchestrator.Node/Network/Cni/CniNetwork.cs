using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Node.Network.Cni;

/// <summary>A configuration of the Container Network Interface: plugins that attach a sandbox one after the other.</summary>
/// <remarks>See https://github.com/containernetworking/cni/blob/main/SPEC.md#network-configuration-format.</remarks>
/// <param name="Name">The network's name.</param>
/// <param name="Version">The version of the interface that its plugins speak.</param>
/// <param name="Plugins">The configuration of each plugin.</param>
/// <param name="SkipsCheck">Whether its operator wants no checks.</param>
internal sealed record CniNetwork(string Name, Version Version, IReadOnlyList<JsonObject> Plugins, bool SkipsCheck)
{
    private static readonly string[] Endings = [".conf", ".conflist", ".json"];

    // What says nothing speaks the first version.
    private static readonly Version First = new(0, 1, 0);

    // Plugins learn at their deletion what they have done, and can be asked for a check.
    private static readonly Version Repeating = new(0, 4, 0);

    /// <summary>Whether its plugins are told the result of the addition when they delete, and can check it.</summary>
    public bool KnowsResults => Version >= Repeating;

    /// <summary>The programs that it needs, first those of plugins and then those of their addresses.</summary>
    public IEnumerable<string> Programs => Plugins.Select(TypeOf).Concat(Plugins.Select(plugin => plugin["ipam"] is JsonObject ipam ? TypeOf(ipam) : "")).Where(type => type.Length > 0);

    /// <summary>The name of a plugin's program.</summary>
    public static string TypeOf(JsonObject plugin) => Text(plugin, "type");

    /// <summary>Reads a list of plugins, or a single one.</summary>
    /// <exception cref="CniException">It is neither.</exception>
    public static CniNetwork Parse(string json)
    {
        if (TryParse(json) is not JsonObject config)
            throw new CniException("it is no JSON object");
        var plugins = config["plugins"] is JsonArray list ? [.. list.OfType<JsonObject>()] : new List<JsonObject> { config };
        if (plugins.Count == 0 || plugins.Exists(plugin => TypeOf(plugin).Length == 0))
            throw new CniException("it has a plugin without \"type\", or none");
        var name = Text(config, "name");
        if (name.Length == 0)
            throw new CniException("it has no \"name\"");
        var version = Text(config, "cniVersion") is { Length: > 0 } text ? (Version.TryParse(text, out var known) ? known : throw new CniException($"its cniVersion is {text}")) : First;
        return new CniNetwork(name, version, plugins, config["disableCheck"] is JsonValue value && value.TryGetValue<bool>(out var skips) && skips);
    }

    /// <summary>The first configuration of a folder that can be used, in the order of the names.</summary>
    /// <exception cref="CniException">There is none.</exception>
    public static CniNetwork FirstIn(string folder)
    {
        var files = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.Ordinal)).Order(StringComparer.Ordinal).ToList()
            : [];
        var faults = new List<string>();
        foreach (var file in files)
        {
            try
            {
                return Parse(File.ReadAllText(file));
            }
            catch (Exception fault) when (fault is CniException or IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: {fault.Message}");
            }
        }

        throw new CniException(faults.Count == 0 ? $"no network config found in {folder}: cni plugin not initialized" : $"no network config found in {folder}: {string.Join("; ", faults)}");
    }

    /// <summary>The configuration as a list of plugins.</summary>
    public JsonObject ToJson() => new()
    {
        ["cniVersion"] = Version.ToString(),
        ["name"] = Name,
        ["disableCheck"] = SkipsCheck,
        ["plugins"] = new JsonArray([.. Plugins.Select(plugin => plugin.DeepClone())]),
    };

    private static string Text(JsonObject of, string field) => of[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static JsonNode? TryParse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
