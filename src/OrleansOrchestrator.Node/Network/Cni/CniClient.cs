using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Network.Cni;

/// <summary>Runs the plugins of the Container Network Interface, which attach sandboxes to networks.</summary>
/// <remarks>See https://github.com/containernetworking/cni/blob/main/SPEC.md. The messages are those of its library, which other runtimes use.</remarks>
/// <param name="folders">Where plugins are, the first folder first.</param>
/// <param name="timeout">How long one plugin may take.</param>
/// <param name="run">Runs a program; other than by itself only in tests.</param>
internal sealed class CniClient(IReadOnlyList<string> folders, TimeSpan timeout, Func<MachineCommand, CancellationToken, Task<CommandOutcome>>? run = null)
{
    private readonly Func<MachineCommand, CancellationToken, Task<CommandOutcome>> _run = run ?? (static (command, token) => command.RunAsync(token));

    /// <summary>Why a network cannot be used on this machine; null if it can.</summary>
    public string? FindFault(CniNetwork network) => network.Programs.FirstOrDefault(program => Find(program) is null) is { } missing ? NotFound(missing) : null;

    /// <summary>Attaches a sandbox: each plugin adds to the result of the one before.</summary>
    /// <returns>The last plugin's result.</returns>
    /// <exception cref="CniException">A plugin refuses. What plugins before it have done is there until it is deleted.</exception>
    public async Task<JsonObject> AddAsync(CniNetwork network, CniAttachment attachment, CancellationToken cancellationToken)
    {
        JsonObject? result = null;
        foreach (var plugin in network.Plugins)
        {
            var output = await CallAsync("ADD", network, plugin, attachment, result, cancellationToken);
            result = TryParse(output) ?? throw new CniException($"{Name(plugin, "ADD")}: its result is no JSON object: {output}");
        }

        return result!;
    }

    /// <summary>Asks whether a sandbox is still attached as it was.</summary>
    /// <exception cref="CniException">It is not.</exception>
    public async Task CheckAsync(CniNetwork network, CniAttachment attachment, JsonObject result, CancellationToken cancellationToken)
    {
        if (network.SkipsCheck || !network.KnowsResults)
            return;
        foreach (var plugin in network.Plugins)
            await CallAsync("CHECK", network, plugin, attachment, result, cancellationToken);
    }

    /// <summary>Detaches a sandbox: the last plugin first, and each one whatever the others say. It can be repeated.</summary>
    /// <param name="network">The network as it was when the sandbox was attached.</param>
    /// <param name="attachment">The sandbox.</param>
    /// <param name="result">The result of the addition; null if it did not come to that.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="CniException">A plugin refuses.</exception>
    public async Task DeleteAsync(CniNetwork network, CniAttachment attachment, JsonObject? result, CancellationToken cancellationToken)
    {
        CniException? first = null;
        foreach (var plugin in network.Plugins.Reverse())
        {
            try
            {
                await CallAsync("DEL", network, plugin, attachment, network.KnowsResults ? result : null, cancellationToken);
            }
            catch (CniException refused)
            {
                first ??= refused;
            }
        }

        if (first is not null)
            throw first;
    }

    /// <summary>The addresses that a result gives to the sandbox, in its order.</summary>
    public static IReadOnlyList<string> AddressesOf(JsonObject result)
    {
        // Before version 0.3 there were at most one of each family.
        var texts = result["ips"] is JsonArray ips
            ? ips.OfType<JsonObject>().Select(ip => ip["address"])
            : new[] { result["ip4"]?["ip"], result["ip6"]?["ip"] };
        return [.. texts.OfType<JsonValue>().Select(text => text.TryGetValue<string>(out var address) ? address.Split('/')[0] : "").Where(text => AddressSyntax.TryParse(text, out _))];
    }

    private async Task<string> CallAsync(
        string command, CniNetwork network, JsonObject plugin, CniAttachment attachment, JsonObject? result, CancellationToken cancellationToken)
    {
        var type = CniNetwork.TypeOf(plugin);
        var input = plugin.DeepClone().AsObject();
        input["name"] = network.Name;
        input["cniVersion"] = network.Version.ToString();
        if (attachment.RuntimeConfigFor(plugin) is { } runtime)
            input["runtimeConfig"] = runtime;
        if (result is not null)
            input["prevResult"] = result.DeepClone();
        var outcome = await _run(
            new MachineCommand(Find(type) ?? throw new CniException(NotFound(type)))
            {
                Input = input.ToJsonString(),
                Timeout = timeout,
                Variables = new Dictionary<string, string>
                {
                    ["CNI_COMMAND"] = command,
                    ["CNI_CONTAINERID"] = attachment.SandboxId,
                    ["CNI_NETNS"] = attachment.NetworkPath,
                    ["CNI_IFNAME"] = CniAttachment.Interface,
                    ["CNI_ARGS"] = attachment.Arguments,
                    ["CNI_PATH"] = string.Join(':', folders),
                },
            },
            cancellationToken);
        return outcome.IsSuccess ? outcome.Output : throw new CniException($"{Name(plugin, command)}: {MessageOf(outcome)}");
    }

    private string? Find(string type) => type.Contains('/', StringComparison.Ordinal) ? null : folders.Select(folder => Path.Combine(folder, type)).FirstOrDefault(File.Exists);

    private string NotFound(string type) => $"failed to find plugin \"{type}\" in path [{string.Join(' ', folders)}]";

    private static string Name(JsonObject plugin, string command) => $"plugin type=\"{CniNetwork.TypeOf(plugin)}\" failed ({(command == "DEL" ? "delete" : command.ToLowerInvariant())})";

    /// <summary>What a plugin says that refuses: an object with a message on its standard output.</summary>
    private static string MessageOf(CommandOutcome outcome)
    {
        if (TryParse(outcome.Output) is not { } error || error["msg"] is not JsonValue value || !value.TryGetValue<string>(out var message))
            return outcome.Error.Length > 0 ? outcome.Error : outcome.Output;
        return error["details"] is JsonValue more && more.TryGetValue<string>(out var details) && details.Length > 0 ? $"{message}; {details}" : message;
    }

    private static JsonObject? TryParse(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
