using k8s.Models;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>Objects that give every controller something to do, and what they have to lead to.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="number">Tells this world's names from those of others.</param>
internal sealed class CrashWorld(CrashCluster cluster, int number)
{
    private const string Cordoned = "{\"spec\":{\"unschedulable\":true}}";
    private const string NextTemplate = """{"spec":{"template":{"metadata":{"annotations":{"version":"2"}}}}}""";

    // When the CronJobs were created, by their numbers.
    private readonly Dictionary<string, DateTime> _due = new(StringComparer.Ordinal);

    /// <summary>Where the objects are.</summary>
    public string Space { get; } = $"world-{number}";

    /// <summary>Where a quota is, and more is wanted than it allows.</summary>
    public string LimitedSpace { get; } = $"limited-{number}";

    /// <summary>The pods that the Job with failures loses.</summary>
    public const int Failures = 2;

    private string NodeLabel => $"world-{number}";

    /// <summary>Creates everything.</summary>
    public async Task CreateAsync()
    {
        foreach (var space in new[] { Space, LimitedSpace })
            await cluster.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = space } });
        foreach (var node in new[] { "a", "b" })
            await cluster.CreateAsync(new V1Node { Metadata = new V1ObjectMeta { Name = $"{NodeLabel}-{node}", Labels = new Dictionary<string, string> { ["world"] = NodeLabel, ["kubernetes.io/hostname"] = node }, Annotations = new Dictionary<string, string> { [LocalPathVolumes.FolderAnnotation] = "/volumes" } } });
        foreach (var node in new[] { "a", "b" })
            await cluster.PatchAsync<V1Node>("", $"{NodeLabel}-{node}", Cordoned);

        await cluster.CreateAsync(new V1ResourceQuota
        {
            Metadata = In(LimitedSpace, "quota"),
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("5") } },
        });
        await cluster.CreateAsync(ReplicationController(LimitedSpace, "greedy", 10));
        await cluster.CreateAsync(ReplicationController(Space, "rc", 3));
        await cluster.CreateAsync(new V1PodDisruptionBudget
        {
            Metadata = In(Space, "rc"),
            Spec = new V1PodDisruptionBudgetSpec { MinAvailable = 2, Selector = Selector("rc") },
        });
        await cluster.CreateAsync(new V1Deployment
        {
            Metadata = In(Space, "web"),
            Spec = new V1DeploymentSpec
            {
                Replicas = 4,
                Selector = Selector("web"),
                Template = Template("web"),
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 1, MaxUnavailable = 1 } },
            },
        });
        await cluster.CreateAsync(new V1StatefulSet
        {
            Metadata = In(Space, "db"),
            Spec = new V1StatefulSetSpec
            {
                Replicas = 3,
                ServiceName = "db",
                Selector = Selector("db"),
                Template = Template("db"),
                VolumeClaimTemplates =
                [
                    new V1PersistentVolumeClaim
                    {
                        Metadata = new V1ObjectMeta { Name = "data" },
                        Spec = OneGigabyte(),
                    },
                ],
            },
        });
        var agents = Template("agent");
        // The nodes are silent.
        agents.Spec.Tolerations = [new V1Toleration { OperatorProperty = "Exists" }];
        agents.Spec.NodeSelector = new Dictionary<string, string> { ["world"] = NodeLabel };
        await cluster.CreateAsync(new V1DaemonSet { Metadata = In(Space, "agent"), Spec = new V1DaemonSetSpec { Selector = Selector("agent"), Template = agents } });
        await cluster.CreateAsync(new V1Service { Metadata = In(Space, "web"), Spec = new V1ServiceSpec { Selector = Labels("web"), Ports = [new V1ServicePort { Port = 80 }] } });
        await cluster.CreateAsync(new V1Service { Metadata = In(Space, "manual"), Spec = new V1ServiceSpec { Ports = [new V1ServicePort { Port = 80 }] } });
        await cluster.CreateAsync(new V1Endpoints
        {
            Metadata = In(Space, "manual"),
            Subsets = [new V1EndpointSubset { Addresses = [new V1EndpointAddress { Ip = "10.9.9.9" }], Ports = [new Corev1EndpointPort { Port = 80 }] }],
        });
        await cluster.CreateAsync(new V1CustomResourceDefinition
        {
            Metadata = new V1ObjectMeta { Name = $"gadgets.world{number}.example.com" },
            Spec = new V1CustomResourceDefinitionSpec
            {
                Group = $"world{number}.example.com",
                Scope = "Namespaced",
                Names = new V1CustomResourceDefinitionNames { Plural = "gadgets", Kind = "Gadget" },
                Versions =
                [
                    new V1CustomResourceDefinitionVersion
                    {
                        Name = "v1", Served = true, Storage = true,
                        Schema = new V1CustomResourceValidation { OpenAPIV3Schema = new V1JSONSchemaProps { Type = "object" } },
                    },
                ],
            },
        });
        // Its service does not exist, as its status says in the end.
        await cluster.CreateAsync(new V1APIService
        {
            Metadata = new V1ObjectMeta { Name = $"v1.elsewhere{number}.example.com" },
            Spec = new V1APIServiceSpec
            {
                Group = $"elsewhere{number}.example.com",
                Version = "v1",
                GroupPriorityMinimum = 1000,
                VersionPriority = 10,
                Service = new Apiregistrationv1ServiceReference { Name = "none", NamespaceProperty = Space, Port = 443 },
            },
        });
        await cluster.CreateAsync(new V1StorageClass
        {
            Metadata = new V1ObjectMeta { Name = NodeLabel },
            Provisioner = LocalPathVolumes.Provisioner,
            VolumeBindingMode = "WaitForFirstConsumer",
            ReclaimPolicy = "Delete",
        });
        await cluster.CreateAsync(new V1ConfigMap
        {
            Metadata = In(ClusterInfo.Namespace, ClusterInfo.Name),
            Data = new Dictionary<string, string> { [ClusterInfo.KubeConfigKey] = "kind: Config" },
        });
        await CreateTokenAsync("1");
        await CreateJobsAsync("1");
        await CreateStalePodAsync("1");
        await CreateClaimAsync("1");
    }

    /// <summary>Changes everything: rollouts, other sizes, new Jobs.</summary>
    public async Task ChangeAsync()
    {
        await cluster.PatchAsync<V1Deployment>(Space, "web", NextTemplate);
        await cluster.PatchAsync<V1StatefulSet>(Space, "db", NextTemplate);
        await cluster.PatchAsync<V1DaemonSet>(Space, "agent", NextTemplate);
        await cluster.PatchAsync<V1ReplicationController>(Space, "rc", """{"spec":{"replicas":5}}""");
        await cluster.PatchAsync<V1ResourceQuota>(LimitedSpace, "quota", """{"spec":{"hard":{"pods":"7"}}}""");
        await cluster.PatchAsync<V1Service>(Space, "web", """{"spec":{"ports":[{"port":80,"targetPort":8080}]}}""");
        await cluster.PatchAsync<V1Endpoints>(Space, "manual", """{"subsets":[{"addresses":[{"ip":"10.9.9.8"}],"ports":[{"port":80}]}]}""");
        await cluster.CreateAsync(new V1Service { Metadata = In(Space, "other"), Spec = new V1ServiceSpec { Selector = Labels("rc"), Ports = [new V1ServicePort { Port = 80 }] } });
        await CreateTokenAsync("2");
        await CreateJobsAsync("2");
        await CreateStalePodAsync("2");
        await CreateClaimAsync("2");
    }

    /// <summary>Waits until all has come true.</summary>
    /// <param name="jobs">The number of the newest Jobs.</param>
    /// <param name="replicas">The size of the ReplicationController.</param>
    /// <param name="quota">What the quota allows.</param>
    public Task UntilTrueAsync(string jobs, int replicas, int quota) => Task.WhenAll(
        cluster.UntilAsync<V1Deployment>(
            Space, "web", web => web.Status is { AvailableReplicas: 4, UpdatedReplicas: 4, Replicas: 4 } status && status.ObservedGeneration == web.Metadata.Generation, "4 pods of the newest template"),
        cluster.UntilAsync<V1ReplicationController>(Space, "rc", rc => rc.Status?.ReadyReplicas == replicas && rc.Status.Replicas == replicas, $"{replicas} ready pods"),
        cluster.UntilAsync<V1StatefulSet>(
            Space, "db", db => db.Status is { ReadyReplicas: 3, UpdatedReplicas: 3 } status && status.CurrentRevision == status.UpdateRevision && status.ObservedGeneration == db.Metadata.Generation, "3 pods of the newest template"),
        cluster.UntilAsync<V1DaemonSet>(
            Space, "agent", agent => agent.Status is { NumberAvailable: 2, UpdatedNumberScheduled: 2 } status && status.ObservedGeneration == agent.Metadata.Generation, "a pod of the newest template on both nodes"),
        cluster.UntilAsync<V1Job>(Space, $"batch-{jobs}", job => IsComplete(job) && job.Status is { Succeeded: 6 }, "6 have succeeded"),
        cluster.UntilAsync<V1Job>(Space, $"flaky-{jobs}", job => IsComplete(job) && job.Status is { Succeeded: 3, Failed: Failures }, "3 have succeeded, and 2 failed before"),
        cluster.UntilAsync<V1CronJob>(Space, $"nightly-{jobs}", nightly => nightly.Status?.LastScheduleTime > _due[jobs].AddMinutes(-1), "the missed time has its Job"),
        cluster.UntilAsync<V1PodDisruptionBudget>(Space, "rc", budget => budget.Status?.CurrentHealthy == replicas && budget.Status.DisruptionsAllowed == replicas - 2, "it knows its pods"),
        cluster.UntilAsync<V1ResourceQuota>(LimitedSpace, "quota", found => found.Status?.Used?.TryGetValue("pods", out var used) is true && used.ToString() == $"{quota}", $"{quota} pods are used"),
        cluster.UntilAsync<V1Endpoints>(Space, "web", endpoints => endpoints.Subsets?.Sum(subset => subset.Addresses?.Count ?? 0) == 4, "4 addresses"),
        cluster.UntilAsync<V1CustomResourceDefinition>("", $"gadgets.world{number}.example.com", crd => crd.Status?.Conditions?.Any(condition => condition is { Type: "Established", Status: "True" }) is true, "it is established"),
        cluster.UntilAsync<V1Pod>(Space, $"stale-{jobs}", pod => pod.Status?.Conditions?.Any(condition => condition is { Type: "DisruptionTarget", Status: "False" }) is true, "nobody disrupts it any more"),
        cluster.UntilAsync<V1PersistentVolumeClaim>(Space, $"claim-{jobs}", claim => claim.Status?.Phase == "Bound", "it is bound"),
        cluster.UntilAsync<V1PersistentVolumeClaim>(Space, $"stale-{jobs}-scratch", _ => true, "the claim of the pod is there"),
        cluster.UntilAsync<V1ServiceAccount>(Space, "default", _ => true, "it is there"),
        cluster.UntilAsync<V1ConfigMap>(Space, "kube-root-ca.crt", _ => true, "it is there"),
        cluster.UntilAsync("four ready endpoints in slices", async () => await EndpointsOfAsync("web") == 4),
        cluster.UntilAsync("the mirrored endpoint in a slice", async () => await EndpointsOfAsync("manual") == 1),
        cluster.UntilAsync("an address of each service", async () => (await cluster.ListAsync<V1IPAddress>("")).Count(address => address.Spec.ParentRef.NamespaceProperty == Space) >= 2),
        cluster.UntilAsync("no Job whose time is over", async () => !(await cluster.ListAsync<V1Job>(Space)).Exists(job => job.Metadata.Name.StartsWith("short", StringComparison.Ordinal))));

    /// <summary>Deletes everything, and waits until it is gone.</summary>
    public async Task DeleteAsync()
    {
        // Volumes of a node that is gone wait for nobody to empty their folders.
        foreach (var node in new[] { "a", "b" })
            await cluster.DeleteAsync<V1Node>("", $"{NodeLabel}-{node}");
        foreach (var space in new[] { Space, LimitedSpace })
            await cluster.DeleteAsync<V1Namespace>("", space);
        await cluster.DeleteAsync<V1CustomResourceDefinition>("", $"gadgets.world{number}.example.com");
        await cluster.DeleteAsync<V1APIService>("", $"v1.elsewhere{number}.example.com");
        foreach (var space in new[] { Space, LimitedSpace })
            await cluster.UntilAsync($"{space} is gone", async () => await cluster.AskAsync(api => api.FindAsync<V1Namespace>("", space)) is null);
        await cluster.UntilAsync("the volumes are gone", async () => !(await cluster.ListAsync<V1PersistentVolume>("")).Exists(volume => volume.Spec.StorageClassName == NodeLabel));
        await cluster.UntilAsync("the definition is gone", async () => await cluster.AskAsync(api => api.FindAsync<V1CustomResourceDefinition>("", $"gadgets.world{number}.example.com")) is null);
    }

    private async Task<int> EndpointsOfAsync(string service) => (await cluster.ListAsync<V1EndpointSlice>(Space))
        .Where(slice => slice.Metadata.Labels["kubernetes.io/service-name"] == service)
        .Sum(slice => slice.Endpoints?.Count(endpoint => endpoint.Conditions?.Ready is not false) ?? 0);

    private async Task CreateTokenAsync(string suffix)
    {
        var token = new BootstrapToken($"world{suffix}", "0123456789abcdef");
        await cluster.CreateAsync(token.ToSecret("", null, [BootstrapToken.Signing], []));
    }

    private async Task CreateJobsAsync(string suffix)
    {
        await cluster.CreateAsync(Job($"batch-{suffix}", completions: 6));
        await cluster.CreateAsync(Job($"flaky-{suffix}", completions: 3));
        var brief = Job($"short-{suffix}", completions: 1);
        brief.Spec.TtlSecondsAfterFinished = 0;
        await cluster.CreateAsync(brief);

        // It is due at this minute, which its status then says to have been missed.
        var due = _due[suffix] = TimeProvider.System.GetUtcNow().UtcDateTime;
        await cluster.CreateAsync(new V1CronJob
        {
            Metadata = In(Space, $"nightly-{suffix}"),
            Spec = new V1CronJobSpec { Schedule = $"{due.Minute} * * * *", JobTemplate = new V1JobTemplateSpec { Spec = Job("nightly", completions: 1).Spec } },
        });

        await cluster.PatchAsync<V1CronJob>(Space, $"nightly-{suffix}", $$$"""{"status":{"lastScheduleTime":"{{{due.AddHours(-1):yyyy-MM-ddTHH:mm:00Z}}}"}}""", "status");
    }

    private async Task CreateStalePodAsync(string suffix)
    {
        var spec = Template("stale").Spec;
        spec.Volumes = [new V1Volume { Name = "scratch", Ephemeral = new V1EphemeralVolumeSource { VolumeClaimTemplate = new V1PersistentVolumeClaimTemplate { Spec = OneGigabyte() } } }];
        await cluster.CreateAsync(new V1Pod { Metadata = In(Space, $"stale-{suffix}"), Spec = spec });
        await cluster.PatchAsync<V1Pod>(
            Space, $"stale-{suffix}",
            """{"status":{"phase":"Running","conditions":[{"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","lastTransitionTime":"2020-01-01T00:00:00Z"}]}}""", "status");
    }

    /// <summary>Creates a claim for which the scheduler has chosen a node.</summary>
    private Task CreateClaimAsync(string suffix)
    {
        var claim = new V1PersistentVolumeClaim { Metadata = In(Space, $"claim-{suffix}"), Spec = OneGigabyte() };
        claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.SelectedNode] = $"{NodeLabel}-a" };
        claim.Spec.StorageClassName = NodeLabel;
        return cluster.CreateAsync(claim);
    }

    private static V1PersistentVolumeClaimSpec OneGigabyte() => new()
    {
        AccessModes = ["ReadWriteOnce"],
        Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") } },
    };

    private V1Job Job(string name, int completions) => new()
    {
        Metadata = In(Space, name),
        Spec = new V1JobSpec
        {
            Completions = completions,
            Parallelism = 3,
            Template = new V1PodTemplateSpec { Spec = new V1PodSpec { SchedulerName = "nobody", RestartPolicy = "Never", Containers = [new V1Container { Name = "main", Image = "i" }] } },
        },
    };

    private static bool IsComplete(V1Job job) => job.Status?.Conditions?.Any(condition => condition is { Type: "Complete", Status: "True" }) is true;

    private static V1ReplicationController ReplicationController(string space, string name, int replicas) => new()
    {
        Metadata = In(space, name),
        Spec = new V1ReplicationControllerSpec { Replicas = replicas, Selector = Labels(name), Template = Template(name) },
    };

    // The scheduler leaves these pods alone.
    private static V1PodTemplateSpec Template(string app) => new()
    {
        Metadata = new V1ObjectMeta { Labels = Labels(app) },
        Spec = new V1PodSpec { SchedulerName = "nobody", Containers = [new V1Container { Name = "main", Image = "i" }] },
    };

    private static V1LabelSelector Selector(string app) => new() { MatchLabels = Labels(app) };

    private static Dictionary<string, string> Labels(string app) => new() { ["app"] = app };

    private static V1ObjectMeta In(string space, string name) => new() { NamespaceProperty = space, Name = name };
}
