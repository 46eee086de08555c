using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>The control plane as the source of pods. It may run them elsewhere when it does not hear from the node.</summary>
/// <param name="api">The API.</param>
/// <param name="fencing">The times by which the control plane replaces pods.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ApiPodSource(ClusterConnection api, FencingTimes fencing, TimeProvider timeProvider) : IPodSource
{
    /// <summary>The annotation with the time at which the control plane last confirmed, after an outage, that the pod may run
    /// here.</summary>
    private const string ConfirmedAnnotation = "orleansorchestrator.io/confirmed-at";

    public TimeSpan? StopAfter(V1Pod pod) => fencing.StopAfter(pod);

    public IPodStatusWriter OpenStatus(string podUid) => new PodStatusWriter(api);

    /// <remarks>The confirmation is an accepted write to the pod. A deletion decided earlier cannot succeed after it, because it names the
    /// version that it saw.</remarks>
    public Task ConfirmAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = pod.Metadata.Uid,
                ["annotations"] = new JsonObject { [ConfirmedAnnotation] = timeProvider.GetUtcNow().ToString("O") },
            },
        };
        var path = ResourcePath.PodStatus(pod.Metadata.NamespaceProperty, pod.Metadata.Name);
        return api.MergePatchAsync<V1Pod>(path, Encoding.UTF8.GetBytes(patch.ToJsonString()), cancellationToken);
    }

    public Task RemoveAsync(V1Pod pod, CancellationToken cancellationToken) => DeleteAsync(api, pod, cancellationToken);

    public void Ended(string podUid)
    {
    }

    /// <summary>Deletes this very pod at once, unless it is gone. The watch tells too.</summary>
    public static async Task DeleteAsync(ClusterConnection api, V1Pod pod, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions { GracePeriodSeconds = 0, Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } };
        try
        {
            await api.DeleteAsync(ResourcePath.Of(pod), options, cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound || exception.IsConflict)
        {
            // It is gone, or the name is another pod's by now.
        }
    }
}
