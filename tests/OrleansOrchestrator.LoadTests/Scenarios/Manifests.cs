using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>The objects that are sent.</summary>
internal static class Manifests
{
    private const string Number = RequestTemplate.Placeholder;

    public static string Namespace(string name) => $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}"}}""";

    /// <summary>A config map with 1 KiB of data.</summary>
    public static string ConfigMap(string prefix, string group = "all") => $$$$"""
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}","labels":{"group":"{{{{group}}}}"}},"data":{"payload":"{{{{new string('x', 1024)}}}}"}}
        """;

    /// <summary>A config map with 1 KiB of data that the server names.</summary>
    public static string UnnamedConfigMap() => ConfigMap("map").Replace($"\"name\":\"map-{Number}\"", "\"generateName\":\"map-\"", StringComparison.Ordinal);

    /// <summary>A change of a config map.</summary>
    public static string ConfigMapPatch() => "{\"data\":{\"counter\":\"" + Number + "\"}}";

    /// <summary>A pod that no scheduler of the cluster looks at, so that only its creation is measured.</summary>
    /// <param name="prefix">Its name before the number.</param>
    /// <param name="group">Its group, a label.</param>
    /// <param name="node">The node that it is bound to; null for none.</param>
    public static string Pod(string prefix, string group, string? node = null)
    {
        var nodeName = node is null ? "" : $"\"nodeName\":\"{node}\",";
        return $$$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}","labels":{"app":"load","group":"{{{{group}}}}"}},"spec":{{{{{nodeName}}}}"schedulerName":"load","containers":[{"name":"main","image":"registry.example/load:1.0","args":["--listen",":8080"],"ports":[{"containerPort":8080}],"env":[{"name":"MODE","value":"load"}],"resources":{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"memory":"128Mi"}}}]}}
            """;
    }

    /// <summary>A pod that a real node runs, and that does nothing.</summary>
    /// <param name="prefix">Its name before the number.</param>
    /// <param name="node">The node that it is bound to.</param>
    /// <param name="withToken">Whether it has a token of its service account.</param>
    public static string RestingPod(string prefix, string node, bool withToken)
    {
        var mounts = withToken ? "\"volumeMounts\":[{\"name\":\"token\",\"mountPath\":\"/var/run/secrets/tokens\"}]," : "";
        var volumes = withToken ? "\"volumes\":[{\"name\":\"token\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"token\",\"expirationSeconds\":3600}}]}}]," : "";
        return $$$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}"},"spec":{{{{{volumes}}}}"nodeName":"{{{{node}}}}","automountServiceAccountToken":false,"terminationGracePeriodSeconds":0,"containers":[{{{{{mounts}}}}"name":"main","image":"orleansorchestrator/pause:1"}]}}
            """;
    }

    /// <summary>A node's lease.</summary>
    public static string Lease(string prefix) => $$$$"""
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}"},"spec":{"holderIdentity":"{{{{prefix}}}}-{{{{Number}}}}","leaseDurationSeconds":8,"renewTime":"2030-01-01T00:00:00.000000Z"}}
        """;

    /// <summary>A node without a daemon.</summary>
    public static string Node(string prefix) => $$$$"""
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}","labels":{"kubernetes.io/os":"linux","kubernetes.io/arch":"amd64","kubernetes.io/hostname":"{{{{prefix}}}}-{{{{Number}}}}"}},"status":{"capacity":{"cpu":"8","memory":"32Gi","pods":"110"},"allocatable":{"cpu":"8","memory":"32Gi","pods":"110"},"nodeInfo":{"operatingSystem":"linux","architecture":"amd64"}}}
        """;

    /// <summary>What a daemon reports of a pod of one container.</summary>
    public static string PodStatus(bool isReady) => $$$$"""
        {"phase":"Running","hostIP":"10.0.0.7","podIP":"10.1.2.3","podIPs":[{"ip":"10.1.2.3"}],"startTime":"2030-01-01T00:00:00Z","qosClass":"Burstable","conditions":[{"type":"Initialized","status":"True","lastTransitionTime":"2030-01-01T00:00:00Z"},{"type":"ContainersReady","status":"{{{{isReady}}}}","lastTransitionTime":"2030-01-01T00:00:{{{{(isReady ? "10" : "20")}}}}Z"},{"type":"Ready","status":"{{{{isReady}}}}","lastTransitionTime":"2030-01-01T00:00:{{{{(isReady ? "10" : "20")}}}}Z"},{"type":"PodScheduled","status":"True","lastTransitionTime":"2030-01-01T00:00:00Z"}],"containerStatuses":[{"name":"main","image":"registry.example/load:1.0","imageID":"registry.example/load@sha256:0123456789abcdef","containerID":"docker://0123456789abcdef0123456789abcdef","ready":{{{{(isReady ? "true" : "false")}}}},"started":true,"restartCount":0,"state":{"running":{"startedAt":"2030-01-01T00:00:05Z"}}}]}
        """;

    /// <summary>A change of a pod's status.</summary>
    public static string PodStatusPatch(bool isReady) => $"{{\"status\":{PodStatus(isReady)}}}";

    /// <summary>A pod with a status.</summary>
    public static string PodWithStatus(string prefix, bool isReady) => $"{Pod(prefix, "all", "node")[..^1]},\"status\":{PodStatus(isReady)}}}";

    /// <summary>A ReplicationController, with a selector that none of the others has.</summary>
    public static string Controller(string prefix, int replicas) => $$$$$"""
        {"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"{{{{{prefix}}}}}-{{{{{Number}}}}}"},"spec":{"replicas":{{{{{replicas}}}}},"selector":{"app":"{{{{{prefix}}}}}-{{{{{Number}}}}}"},"template":{"metadata":{"labels":{"app":"{{{{{prefix}}}}}-{{{{{Number}}}}}"}},"spec":{"schedulerName":"load","containers":[{"name":"main","image":"registry.example/load:1.0"}]}}}}
        """;

    /// <summary>A pod that the controller of a group and its number selects.</summary>
    public static string NumberedPod(string prefix, string group) =>
        Pod(prefix, "all", "node").Replace("\"app\":\"load\"", $"\"app\":\"{group}-{Number}\"", StringComparison.Ordinal);

    /// <summary>A service that selects nothing.</summary>
    public static string Service(string prefix) => $$$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}"},"spec":{"selector":{"app":"none-{{{{Number}}}}"},"ports":[{"port":80,"targetPort":8080}]}}
        """;

    /// <summary>A ReplicationController whose pods are scheduled.</summary>
    public static string ScheduledController(string prefix, int replicas) =>
        Controller(prefix, replicas).Replace("\"schedulerName\":\"load\",", "", StringComparison.Ordinal);

    /// <summary>That pods of one label are not on one node.</summary>
    public const string ApartByNode = """
        "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"group":"anti"}}}]}},
        """;

    /// <summary>That pods of one label are spread over zones.</summary>
    public const string SpreadOverZones = """
        "topologySpreadConstraints":[{"maxSkew":5,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"group":"spread"}}}],
        """;

    /// <summary>A pod that is scheduled, of the size that scheduler_perf's have.</summary>
    /// <param name="prefix">Its name before the number, and its group.</param>
    /// <param name="constraints">What it minds, as members of its spec.</param>
    public static string ScheduledPod(string prefix, string constraints) => $$$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{prefix}}}}-{{{{Number}}}}","labels":{"group":"{{{{prefix}}}}"}},"spec":{{{{{constraints}}}}"containers":[{"name":"main","image":"registry.example/load:1.0","ports":[{"containerPort":80}],"resources":{"requests":{"cpu":"100m","memory":"500Mi"}}}]}}
        """;

    /// <summary>A deployment that is rolled a quarter at a time.</summary>
    public static string Deployment(string name, int replicas) => $$$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{{name}}}}}"},"spec":{"replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"{{{{{name}}}}}"}},"template":{"metadata":{"labels":{"app":"{{{{{name}}}}}"}},"spec":{"containers":[{"name":"main","image":"registry.example/load:1.0"}]}}}}
        """;

    /// <summary>A new template of a deployment.</summary>
    public const string DeploymentPatch = """
        {"spec":{"template":{"spec":{"containers":[{"name":"main","image":"registry.example/load:2.0"}]}}}}
        """;
}
