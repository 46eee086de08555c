using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Network.Cni;

/// <summary>A sandbox in a network, as plugins are told of it.</summary>
/// <param name="SandboxId">The id of the sandbox.</param>
/// <param name="NetworkPath">The file of its network namespace; empty if that is gone.</param>
/// <param name="Arguments">What plugins may know of the pod: <c>K8S_POD_NAME=a;…</c>.</param>
/// <param name="Ports">The ports of the node that lead to the pod.</param>
internal sealed record CniAttachment(string SandboxId, string NetworkPath, string Arguments, IReadOnlyList<PublishedPort> Ports)
{
    /// <summary>The name of the interface in the sandbox.</summary>
    public const string Interface = "eth0";

    /// <summary>What a plugin is told besides its configuration, of the capabilities that it says it has; null if that is nothing.</summary>
    public JsonObject? RuntimeConfigFor(JsonObject plugin)
    {
        if (Ports.Count == 0 || plugin["capabilities"] is not JsonObject capabilities
            || capabilities["portMappings"] is not JsonValue value || !value.TryGetValue<bool>(out var maps) || !maps)
        {
            return null;
        }

        return new JsonObject { ["portMappings"] = new JsonArray([.. Ports.Select(PortOf)]) };
    }

    private static JsonObject PortOf(PublishedPort port) => new()
    {
        ["hostPort"] = port.NodePort,
        ["containerPort"] = port.ContainerPort,
        ["protocol"] = port.Protocol,
        ["hostIP"] = port.HostIp ?? "",
    };
}
