using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Resources;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Testing.Absurd;

/// <summary>Plain objects, with as many fields as one object can have, as JSON.</summary>
public static class PlainObjects
{
    private const string PodSpec = """
        {
          "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "activeDeadlineSeconds": 600, "priority": 0,
          "nodeSelector": {"kubernetes.io/os": "linux"}, "schedulerName": "default-scheduler", "hostname": "web", "subdomain": "web",
          "overhead": {"cpu": "1m"},
          "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute", "tolerationSeconds": 30}],
          "affinity": {
            "nodeAffinity": {
              "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{
                "matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}],
                "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["elsewhere"]}]}]},
              "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}}]},
            "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {
              "topologyKey": "zone", "namespaces": ["default"], "labelSelector": {"matchLabels": {"app": "web"}}}}]},
            "podAntiAffinity": {
              "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {
                "topologyKey": "zone", "namespaceSelector": {"matchLabels": {"a": "b"}}, "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["other"]}]}}}],
              "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "nobody"}}}]}},
          "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 1,
            "labelSelector": {"matchLabels": {"app": "web"}}, "matchLabelKeys": ["revision"]}],
          "securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000, "supplementalGroups": [1000]},
          "dnsPolicy": "ClusterFirst", "dnsConfig": {"nameservers": ["10.0.0.10"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}]},
          "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["a"]}],
          "imagePullSecrets": [{"name": "pull"}],
          "volumes": [
            {"name": "config", "configMap": {"name": "web", "defaultMode": 420, "items": [{"key": "a", "path": "a", "mode": 420}]}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}],
          "initContainers": [{"name": "init", "image": "busybox", "command": ["true"], "resources": {"requests": {"cpu": "10m", "memory": "1Mi"}}}],
          "containers": [{
            "name": "web", "image": "busybox", "command": ["sh"], "args": ["-c", "true"], "workingDir": "/",
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "env": [{"name": "A", "value": "b"}, {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "envFrom": [{"prefix": "P_", "configMapRef": {"name": "web"}}],
            "resources": {"requests": {"cpu": "100m", "memory": "16Mi", "ephemeral-storage": "1Mi"}, "limits": {"cpu": "1", "memory": "32Mi"}},
            "volumeMounts": [{"name": "config", "mountPath": "/config", "readOnly": true}],
            "livenessProbe": {"httpGet": {"path": "/", "port": 8080, "httpHeaders": [{"name": "X-A", "value": "b"}]}, "initialDelaySeconds": 1, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3, "terminationGracePeriodSeconds": 10},
            "readinessProbe": {"tcpSocket": {"port": 8080}, "initialDelaySeconds": 1, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
            "startupProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 1, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
            "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
            "securityContext": {"runAsUser": 1000, "capabilities": {"add": ["NET_ADMIN"]}}}]
        }
        """;

    // Pods and ReplicationControllers cover the absurd values of pod specs.
    private const string SmallPodSpec = """{"restartPolicy": "Always", "containers": [{"name": "web", "image": "busybox", "command": ["sh"]}]}""";

    private const string PodStatus = """
        {
          "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "hostIP": "10.1.0.1", "startTime": "2026-01-01T00:00:00Z", "qosClass": "Burstable",
          "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
          "containerStatuses": [{"name": "web", "image": "busybox", "imageID": "", "ready": true, "restartCount": 0, "containerID": "docker://a",
            "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}}}]
        }
        """;

    private static readonly string JobFields = $$$$"""
        "completionMode": "Indexed", "completions": 3, "parallelism": 2, "backoffLimit": 6, "backoffLimitPerIndex": 1, "maxFailedIndexes": 2,
        "activeDeadlineSeconds": 600, "ttlSecondsAfterFinished": 100, "suspend": false, "podReplacementPolicy": "Failed",
        "podFailurePolicy": {"rules": [
          {"action": "FailIndex", "onExitCodes": {"containerName": "web", "operator": "In", "values": [1, 2]}},
          {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]},
        "successPolicy": {"rules": [{"succeededIndexes": "0,2", "succeededCount": 1}]},
        "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{SmallPodSpec.Replace("Always", "Never", StringComparison.Ordinal)}}}}}
        """;

    private const string Labels = """{"app": "web", "revision": "1"}""";

    // The template's labels match the selector, which the server would otherwise generate.
    private static readonly string JobSpec = $$$$"""
        {"manualSelector": true, "selector": {"matchLabels": {"app": "web"}}, {{{{JobFields}}}}}
        """;

    private static readonly string TemplatedJobSpec = $$$$"""{{{{{JobFields}}}}}""";

    private static readonly Dictionary<ResourceName, string> All = new()
    {
        [WellKnownResources.Pods] = $$$$"""{"metadata": {{{{Meta("absurd")}}}}, "spec": {{{{PodSpec}}}}, "status": {{{{PodStatus}}}}}""",
        [WellKnownResources.ReplicationControllers] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"replicas": 2, "minReadySeconds": 5, "selector": {"app": "web"},
              "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{PodSpec.Replace("\"activeDeadlineSeconds\": 600,", "", StringComparison.Ordinal)}}}}}},
              "status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "fullyLabeledReplicas": 2, "observedGeneration": 1,
                "conditions": [{"type": "ReplicaFailure", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """,
        [WellKnownResources.ReplicaSets] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"replicas": 2, "minReadySeconds": 5, "selector": {"matchLabels": {"app": "web"}},
              "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{SmallPodSpec}}}}}},
              "status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "fullyLabeledReplicas": 2, "terminatingReplicas": 1, "observedGeneration": 1,
                "conditions": [{"type": "ReplicaFailure", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """,
        [WellKnownResources.Deployments] = $$$$"""
            {"metadata": {"name": "absurd", "namespace": "default", "uid": "u-absurd", "labels": {{{{Labels}}}}, "annotations": {"deployment.kubernetes.io/revision": "1"},
                "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"replicas": 2, "minReadySeconds": 5, "progressDeadlineSeconds": 60, "revisionHistoryLimit": 1, "paused": false,
              "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
              "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
              "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{SmallPodSpec}}}}}},
              "status": {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "unavailableReplicas": 0, "observedGeneration": 1, "collisionCount": 1,
                "conditions": [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """,
        [WellKnownResources.DaemonSets] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"minReadySeconds": 5, "revisionHistoryLimit": 2, "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "Exists"}]},
              "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}},
              "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{SmallPodSpec}}}}}},
              "status": {"currentNumberScheduled": 1, "desiredNumberScheduled": 1, "numberMisscheduled": 0, "numberReady": 1, "collisionCount": 1, "observedGeneration": 1}}
            """,
        [WellKnownResources.StatefulSets] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"replicas": 2, "minReadySeconds": 5, "revisionHistoryLimit": 2, "serviceName": "web", "podManagementPolicy": "Parallel", "ordinals": {"start": 1},
              "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "Exists"}]},
              "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%", "partition": 1}}, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"},
              "volumeClaimTemplates": [{"metadata": {"name": "data", "labels": {"a": "b"}}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"} } } }],
              "template": {"metadata": {"labels": {{{{Labels}}}}}, "spec": {{{{SmallPodSpec}}}}}},
              "status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "currentReplicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b", "collisionCount": 1, "observedGeneration": 1}}
            """,
        [WellKnownResources.ControllerRevisions] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "revision": 3, "data": {"spec": {"template": {"$patch": "replace", "metadata": {"labels": {{{{Labels}}}}}, "spec": {"containers": [{"name": "web", "image": "busybox"}]} } } } }
            """,
        [WellKnownResources.Jobs] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {{{{JobSpec}}}},
              "status": {"startTime": "2026-01-01T00:00:00Z", "active": 1, "ready": 1, "succeeded": 1, "failed": 1, "completedIndexes": "0", "failedIndexes": "1",
                "uncountedTerminatedPods": {"failed": ["u-gone"]},
                "conditions": [{"type": "Suspended", "status": "False", "lastProbeTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """,
        [WellKnownResources.CronJobs] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"schedule": "*/5 * * * *", "timeZone": "Europe/Paris", "startingDeadlineSeconds": 60, "concurrencyPolicy": "Forbid",
              "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1, "jobTemplate": {"metadata": {"labels": {{{{Labels}}}}, "annotations": {"a": "b"}}, "spec": {{{{TemplatedJobSpec}}}}}},
              "status": {"active": [{"apiVersion": "batch/v1", "kind": "Job", "namespace": "default", "name": "absurd", "uid": "u-absurd"}],
                "lastScheduleTime": "2026-01-01T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:00Z"}}
            """,
        [WellKnownResources.Services] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "spec": {"type": "NodePort", "clusterIP": "10.96.0.20", "clusterIPs": ["10.96.0.20"], "selector": {"app": "web"},
              "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080, "protocol": "TCP"}],
              "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}}, "externalIPs": ["192.0.2.1"]}}
            """,
        [WellKnownResources.Endpoints] = $$$$"""
            {"metadata": {{{{Meta("absurd")}}}}, "subsets": [{"addresses": [{"ip": "10.0.0.1", "nodeName": "a", "targetRef": {"kind": "Pod", "name": "web", "namespace": "default"}}],
              "notReadyAddresses": [{"ip": "10.0.0.2"}], "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}]}
            """,
        [WellKnownResources.EndpointSlices] = """
            {"metadata": {"name": "absurd", "namespace": "default", "uid": "u-absurd", "labels": {"app": "web", "kubernetes.io/service-name": "web"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
             "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "http"}],
             "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true, "serving": true, "terminating": false}, "hostname": "web", "nodeName": "a", "zone": "a",
               "hints": {"forZones": [{"name": "a"}]}, "targetRef": {"kind": "Pod", "name": "web", "namespace": "default"}}]}
            """,
        [WellKnownResources.Nodes] = """
            {"metadata": {"name": "absurd", "uid": "u-absurd", "labels": {"kubernetes.io/os": "linux", "zone": "a"}, "annotations": {"a": "b"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"podCIDR": "10.0.0.0/24", "taints": [{"key": "a", "value": "b", "effect": "PreferNoSchedule", "timeAdded": "2026-01-01T00:00:00Z"}]},
             "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "10Gi", "example.com/a": "1"}, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "10Gi", "example.com/a": "1"},
               "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
               "addresses": [{"type": "InternalIP", "address": "10.1.0.1"}], "images": [{"names": ["busybox"], "sizeBytes": 1}]}}
            """,
        [WellKnownResources.Namespaces] = """
            {"metadata": {"name": "absurd", "uid": "u-absurd", "labels": {"a": "b"}, "annotations": {"a": "b"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
            """,
        [WellKnownResources.CustomResourceDefinitions] = """
            {"metadata": {"name": "gadgets.example.com", "uid": "u-absurd", "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList", "shortNames": ["ga"], "categories": ["all"]},
               "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 0, "maximum": 10, "default": 1}, "name": {"type": "string", "pattern": "^a", "maxLength": 10}}}}}},
                 "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}], "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}}}]},
             "status": {"conditions": [{"type": "Established", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "a", "message": "b"}], "acceptedNames": {"plural": "gadgets", "kind": "Gadget"}, "storedVersions": ["v1"]}}
            """,
    };

    private static readonly ConcurrentDictionary<ResourceName, Lazy<AbsurdObject[]>> Made = new();

    /// <summary>The kinds with a plain object.</summary>
    public static IEnumerable<ResourceName> Resources => All.Keys;

    /// <summary>The absurd objects of a kind. They are shared: read only.</summary>
    public static IReadOnlyList<AbsurdObject> Absurd(ResourceName resource) => Made.GetOrAdd(
        resource, static one => new Lazy<AbsurdObject[]>(() => [.. AbsurdObjects.Of(BuiltInKinds.Registry[one], All[one])])).Value;

    /// <summary>The absurd objects of a kind as clients send them, refused ones included.</summary>
    public static IEnumerable<(string Field, string Value, JsonObject Object)> Candidates(ResourceName resource) =>
        AbsurdObjects.Candidates(BuiltInKinds.Registry[resource], All[resource]);

    /// <summary>The plain object of a kind, as the API stores it.</summary>
    public static KubeObject Of(ResourceName resource)
    {
        var definition = BuiltInKinds.Registry[resource];
        var obj = definition.Decode(Encoding.UTF8.GetBytes(All[resource]));
        definition.ApplyDefaults(obj);
        return obj;
    }

    /// <summary>Runs an action on every absurd object of a kind.</summary>
    /// <returns>The objects for which the action failed, and the failures.</returns>
    public static IReadOnlyList<string> Survey(ResourceName resource, Action<AbsurdObject> handle)
    {
        var failures = new List<string>();
        var count = 0;
        foreach (var absurd in Absurd(resource))
        {
            count++;
            try
            {
                handle(absurd);
            }
            catch (Exception fault)
            {
                failures.Add($"{absurd}: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")} {fault.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}");
            }
        }

        return count > 0 ? failures : [$"no absurd {resource} passes validation"];
    }

    private static string Meta(string name) => $$$$"""
        {"name": "{{{{name}}}}", "namespace": "default", "uid": "u-{{{{name}}}}", "labels": {{{{Labels}}}}, "annotations": {"controller.kubernetes.io/pod-deletion-cost": "1"},
         "creationTimestamp": "2026-01-01T00:00:00Z",
         "ownerReferences": [{"apiVersion": "v1", "kind": "ReplicationController", "name": "absurd", "uid": "u-absurd", "controller": true, "blockOwnerDeletion": true}]}
        """;
}
