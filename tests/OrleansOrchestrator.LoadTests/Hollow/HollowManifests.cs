using System.Globalization;

namespace OrleansOrchestrator.LoadTests.Hollow;

/// <summary>What hollow nodes send.</summary>
internal static class HollowManifests
{
    public static string LeasePath(string node) => $"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}";

    public static string PodPath(PodEvent pod) => $"/api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}";

    /// <summary>A node of 8 cores in one of three zones, ready.</summary>
    public static string Node(string name, int zone) => $$$$"""
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{{name}}}}","labels":{"kubernetes.io/os":"linux","kubernetes.io/arch":"amd64","kubernetes.io/hostname":"{{{{name}}}}","topology.kubernetes.io/zone":"zone-{{{{zone}}}}"}},"status":{"capacity":{"cpu":"8","memory":"32Gi","pods":"110"},"allocatable":{"cpu":"8","memory":"32Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"ready","lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z"}],"nodeInfo":{"operatingSystem":"linux","architecture":"amd64"}}}
        """;

    public static string Lease(string node, DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $$$$"""
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{{{node}}}}"},"spec":{"holderIdentity":"{{{{node}}}}","leaseDurationSeconds":40,"renewTime":"{{{{now.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}}}}"}}
        """);

    /// <summary>That a pod of one container runs and is ready.</summary>
    public static string Running(PodEvent pod, string address)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return $$$$"""
            {"metadata":{"uid":"{{{{pod.Uid}}}}"},"status":{"phase":"Running","podIP":"{{{{address}}}}","podIPs":[{"ip":"{{{{address}}}}"}],"startTime":"{{{{now}}}}","conditions":[{"type":"Initialized","status":"True","lastTransitionTime":"{{{{now}}}}"},{"type":"ContainersReady","status":"True","lastTransitionTime":"{{{{now}}}}"},{"type":"Ready","status":"True","lastTransitionTime":"{{{{now}}}}"}],"containerStatuses":[{"name":"main","image":"registry.example/load:1.0","imageID":"registry.example/load@sha256:0123456789abcdef","containerID":"docker://{{{{pod.Uid}}}}","ready":true,"started":true,"restartCount":0,"state":{"running":{"startedAt":"{{{{now}}}}"}}}]}}
            """;
    }

    /// <summary>The options with which a node removes a pod that has ended.</summary>
    public static string Ended(PodEvent pod) =>
        $$$$"""{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,"preconditions":{"uid":"{{{{pod.Uid}}}}"}}""";
}
