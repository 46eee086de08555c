using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>What the runtime says of itself.</summary>
internal static class CriStatus
{
    /// <summary>Why no pod can run now, in the kubelet's words; null if they can.</summary>
    /// <exception cref="RuntimeException">The runtime does not answer.</exception>
    public static async Task<string?> FindFaultAsync(CriConnection connection, CancellationToken cancellationToken)
    {
        var status = (await AskAsync(connection, verbose: false, cancellationToken)).Status;
        return status?.Conditions.FirstOrDefault(condition => condition is { Status: false, Type: "RuntimeReady" or "NetworkReady" }) is { } missing
            ? $"container runtime {(missing.Type == "NetworkReady" ? "network " : "")}not ready: {missing.Type}=false reason:{missing.Reason} message:{missing.Message}"
            : null;
    }

    /// <summary>Whether the runtime names cgroups by systemd slices. Containerd tells its configuration; others are taken not to.</summary>
    /// <exception cref="RuntimeException">The runtime does not answer.</exception>
    public static async Task<bool> UsesSlicesAsync(CriConnection connection, CancellationToken cancellationToken)
    {
        var info = (await AskAsync(connection, verbose: true, cancellationToken)).Info;
        if (!info.TryGetValue("config", out var text) || Parse(text)?["containerd"] is not { } containerd)
            return false;
        var handler = containerd["defaultRuntimeName"]?.GetValue<string>() ?? "runc";
        return containerd["runtimes"]?[handler]?["options"]?["SystemdCgroup"]?.GetValue<bool>() == true;
    }

    private static Task<Cri.StatusResponse> AskAsync(CriConnection connection, bool verbose, CancellationToken cancellationToken) => connection.CallAsync(
        options => connection.Runtime.StatusAsync(new Cri.StatusRequest { Verbose = verbose }, options),
        CriConnection.QuickTime,
        RuntimeException.Unavailable,
        cancellationToken);

    /// <summary>Details that the runtime gives as JSON; null if they are none.</summary>
    public static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
