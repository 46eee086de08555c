using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Reports the status of one pod to the API: only the changes since the last acknowledged report.</summary>
/// <remarks>
/// The patch is a strategic merge, so that other writers' conditions stay. It contains the uid, so that it never changes a later pod of
/// the same name.
/// </remarks>
internal sealed class PodStatusWriter(ClusterConnection api) : IPodStatusWriter
{
    private static readonly string[] ConditionTexts = ["reason", "message"];
    private static readonly string[] Transient = [PodConditionTypes.PodResizePending, PodConditionTypes.PodResizeInProgress];
    private static readonly string[] MergedLists = ["hostIPs", "podIPs"];

    private JsonObject? _acknowledged;

    public V1PodStatus? Reported { get; private set; }

    public V1PodStatus? Kept { get; private set; }

    public void Keep(V1PodStatus status) => Kept = status;

    public async Task<bool> WriteAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellationToken)
    {
        var json = ToJson(status);
        if (_acknowledged is not null && JsonNode.DeepEquals(_acknowledged, json))
        {
            Kept = null;
            return true;
        }

        try
        {
            var path = ResourcePath.PodStatus(pod.Metadata.NamespaceProperty, pod.Metadata.Name);
            await api.StrategicPatchAsync(path, Patch(pod, json), cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound || exception.IsConflict)
        {
            // The name is free, or belongs to another pod.
            return false;
        }

        _acknowledged = json;
        Reported = status;
        Kept = null;
        return true;
    }

    private byte[] Patch(V1Pod pod, JsonObject status)
    {
        var body = status.DeepClone().AsObject();

        // A merge keeps the old fields of an entry with the same key, so that obsolete ones are removed explicitly.
        foreach (var condition in body["conditions"]?.AsArray() ?? [])
        {
            foreach (var name in ConditionTexts)
                condition!.AsObject().TryAdd(name, null);
        }

        // A condition that does not hold any more is absent, and a merge would keep it.
        var conditions = body["conditions"]?.AsArray() ?? [];
        foreach (var type in Transient.Where(type => !conditions.Any(condition => (string?)condition!["type"] == type) && IsThere(pod, type)))
            conditions.Add(new JsonObject { ["type"] = type, ["$patch"] = "delete" });
        foreach (var name in MergedLists)
            body[name]?.AsArray().Add(new JsonObject { ["$patch"] = "replace" });
        foreach (var (name, _) in _acknowledged ?? [])
        {
            // Obsolete fields are removed by name.
            if (!body.ContainsKey(name))
                body[name] = null;
        }

        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["status"] = body,
        }.ToJsonString());
    }

    private bool IsThere(V1Pod pod, string type) =>
        pod.Condition(type) is not null || _acknowledged?["conditions"]?.AsArray().Any(condition => (string?)condition!["type"] == type) == true;

    private static JsonObject ToJson(V1PodStatus status) => JsonNode.Parse(KubernetesJson.Serialize(status))!.AsObject();
}
