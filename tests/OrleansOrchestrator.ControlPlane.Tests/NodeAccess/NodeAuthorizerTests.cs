using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.NodeAccess;

/// <summary>What node daemons may ask for, on a silo with real caches.</summary>
public sealed class NodeAuthorizerTests(SharedSilo shared)
{
    private const string Folders = "orleansorchestrator.io/local-path-node";

    private ApiUser Api => shared.Api;

    [Theory]
    [InlineData("list", "", "pods", "", "spec.nodeName=a", null)]
    [InlineData("watch", "", "pods", "", "status.phase=Running,spec.nodeName=a", null)]
    [InlineData("list", "", "pods", "", "", "can only list/watch pods with spec.nodeName field selector")]
    [InlineData("list", "", "pods", "", "spec.nodeName=b", "can only list/watch pods with spec.nodeName field selector")]
    [InlineData("watch", "", "pods", "", "spec.nodeName!=b", "can only list/watch pods with spec.nodeName field selector")]
    [InlineData("list", "", "pods", "", "spec.nodeName", "can only list/watch pods with spec.nodeName field selector")]
    [InlineData("deletecollection", "", "pods", "", "spec.nodeName=a", "")]
    [InlineData("get", "", "pods", "foreign", "", "no relationship found between node 'a' and this object")]
    [InlineData("create", "", "pods/exec", "x", "", "")]
    [InlineData("patch", "", "pods", "x", "", "")]
    [InlineData("get", "", "nodes", "a", "", null)]
    [InlineData("watch", "", "nodes", "", "metadata.name=a", null)]
    [InlineData("get", "", "nodes", "b", "", "node 'a' cannot read 'b', only its own Node object")]
    [InlineData("get", "", "nodes", "A", "", "node 'a' cannot read 'A', only its own Node object")]
    [InlineData("list", "", "nodes", "", "", "node 'a' cannot read all nodes, only its own Node object")]
    [InlineData("list", "", "nodes", "", "metadata.name=b", "node 'a' cannot read 'b', only its own Node object")]
    [InlineData("patch", "", "nodes", "b", "", "node \"a\" is not allowed to modify node \"b\"")]
    [InlineData("update", "", "nodes/status", "b", "", "node \"a\" is not allowed to modify node \"b\"")]
    [InlineData("patch", "", "nodes/status", "a", "", null)]
    [InlineData("patch", "", "pods/status", "absent", "", null)]
    [InlineData("delete", "", "nodes", "a", "", "")]
    [InlineData("get", "", "nodes/proxy", "a", "", "")]
    [InlineData("get", "", "nodes/tunnel", "a", "", null)]
    [InlineData("create", "", "nodes/tunnel", "b", "", "node 'a' cannot open a tunnel of 'b'")]
    [InlineData("list", "", "secrets", "", "", "No Object name found")]
    [InlineData("watch", "", "secrets", "", "metadata.name=s", "no relationship found between node 'a' and this object")]
    [InlineData("update", "", "secrets", "x", "", "can only read resources of this type")]
    [InlineData("list", "", "configmaps", "", "metadata.namespace=default", "No Object name found")]
    [InlineData("list", "", "persistentvolumeclaims", "", "", "can only get individual resources of this type")]
    [InlineData("list", "", "persistentvolumes", "", "", "can only list/watch volumes with orleansorchestrator.io/local-path-node label selector")]
    [InlineData("patch", "", "persistentvolumes", "foreign", "", "no relationship found between node 'a' and this object")]
    [InlineData("delete", "", "persistentvolumes", "foreign", "", "can only get individual resources of this type")]
    [InlineData("get", "resource.k8s.io", "resourceclaims", "foreign", "", "no relationship found between node 'a' and this object")]
    [InlineData("get", "storage.k8s.io", "volumeattachments", "foreign", "", "no relationship found between node 'a' and this object")]
    [InlineData("get", "", "serviceaccounts", "default", "", "can only create tokens for individual service accounts")]
    [InlineData("create", "", "serviceaccounts/token", "foreign", "", "no relationship found between node 'a' and this object")]
    [InlineData("list", "coordination.k8s.io", "leases", "", "", "can only get, create, update, patch, or delete a node lease")]
    [InlineData("patch", "coordination.k8s.io", "leases", "a", "", "can only access leases in the \"kube-node-lease\" system namespace")]
    [InlineData("patch", "storage.k8s.io", "csinodes", "b", "", "can only access CSINode with the same name as the requesting node")]
    [InlineData("create", "certificates.k8s.io", "certificatesigningrequests", "", "", null)]
    [InlineData("update", "certificates.k8s.io", "certificatesigningrequests/approval", "x", "", "")]
    [InlineData("create", "certificates.k8s.io", "certificatesigningrequests/nodeclient", "", "", "")]
    [InlineData("create", "rbac.authorization.k8s.io", "clusterrolebindings", "", "", "")]
    [InlineData("list", "", "services", "", "", null)]
    [InlineData("watch", "discovery.k8s.io", "endpointslices", "", "", null)]
    [InlineData("list", "", "endpoints", "", "", "")]
    [InlineData("list", "", "namespaces", "", "", "")]
    [InlineData("create", "", "events", "", "", null)]
    public async Task Node_AsksForSomething_GetsOnlyWhatItsWorkNeeds(string verb, string group, string resource, string name, string fields, string? refusedBecause)
    {
        var decision = await DecideAsync(NodeOf("a"), verb, group, resource, name, fields: fields);

        (decision.IsAllowed, decision.Reason).ShouldBe((refusedBecause is null, refusedBecause ?? ""));
    }

    [Fact]
    public async Task Node_UsesItsOwnLeaseOnly()
    {
        (await DecideAsync(NodeOf("a"), "patch", "coordination.k8s.io", "leases", "a", "kube-node-lease")).IsAllowed.ShouldBeTrue();
        (await DecideAsync(NodeOf("a"), "patch", "coordination.k8s.io", "leases", "b", "kube-node-lease")).Reason
            .ShouldBe("can only access node lease with the same name as the requesting node");
    }

    [Fact]
    public async Task Node_WithARangeThatAnAdministratorWrote_FollowsAllNodes()
    {
        var name = await Api.NewNamespaceAsync();
        await Api.CreateAsync(new V1Node { Metadata = new V1ObjectMeta { Name = name } });
        foreach (var verb in new[] { "list", "watch" })
            (await DecideAsync(NodeOf(name), verb, "", "nodes", "")).IsAllowed.ShouldBeFalse();

        var node = await Api.GetAsync<V1Node>("", name);
        node.Spec.PodCIDR = "192.0.2.0/28";
        await Api.UpdateAsync(node);

        foreach (var verb in new[] { "list", "watch" })
            (await DecideAsync(NodeOf(name), verb, "", "nodes", "")).IsAllowed.ShouldBeTrue();
        (await DecideAsync(NodeOf(name), "get", "", "nodes", "other")).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Node_FollowsTheVolumesThatAreItsFolders()
    {
        (await DecideAsync(NodeOf("a"), "watch", "", "persistentvolumes", "", labels: $"{Folders}=a")).IsAllowed.ShouldBeTrue();
        (await DecideAsync(NodeOf("a"), "watch", "", "persistentvolumes", "", labels: $"{Folders}=b")).IsAllowed.ShouldBeFalse();
        (await DecideAsync(NodeOf("a"), "watch", "", "persistentvolumes", "", labels: $"{Folders} in (a,b)")).IsAllowed.ShouldBeFalse();
        (await DecideAsync(NodeOf("a"), "watch", "", "persistentvolumes", "", labels: $"{Folders}!=b")).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Node_ReadsWhatItsPodsReferTo_AsLongAsTheyAreThere()
    {
        var space = await Api.NewNamespaceAsync();
        var node = $"{space}-a";
        (string Resource, string Name)[] referred =
        [
            ("secrets", "env"), ("secrets", "from"), ("secrets", "init"), ("secrets", "volume"), ("secrets", "projected"), ("secrets", "pull"), ("secrets", "of-volume"),
            ("configmaps", "env"), ("configmaps", "from"), ("configmaps", "volume"), ("configmaps", "projected"), ("persistentvolumeclaims", "data"),
            ("persistentvolumes", $"{space}-v"), ("persistentvolumeclaims", "p-scratch"),
        ];
        await Api.CreateAsync(VolumeOf(space));
        foreach (var (resource, name) in referred)
            (await MayGetAsync(node, resource, name, space)).ShouldBeFalse($"{resource}/{name} before its pod");

        await Api.CreateAsync(PodWithEverything(space));
        foreach (var (resource, name) in referred)
            (await MayGetAsync(node, resource, name, space)).ShouldBeFalse($"{resource}/{name} before its pod is bound");

        await Api.Objects.BindAsync(new ObjectKey(space, "p"), null, node, ApiUser.Options, TestContext.Current.CancellationToken);
        foreach (var (resource, name) in referred)
        {
            (await MayGetAsync(node, resource, name, space)).ShouldBeTrue($"{resource}/{name}");
            (await MayGetAsync($"{space}-b", resource, name, space)).ShouldBeFalse($"{resource}/{name} by another node");
            (await MayGetAsync(node, resource, name, resource == "persistentvolumes" ? "" : "default")).ShouldBe(resource == "persistentvolumes", $"{resource}/{name} in another namespace");
        }

        (await DecideAsync(NodeOf(node), "create", "", "serviceaccounts/token", "default", space)).IsAllowed.ShouldBeTrue();
        (await DecideAsync(NodeOf(node), "get", "", "pods", "p", space)).IsAllowed.ShouldBeTrue();
        (await DecideAsync(NodeOf($"{space}-b"), "get", "", "pods", "p", space)).IsAllowed.ShouldBeFalse();
        (string Verb, string Resource, string What)[] writes =
        [
            ("patch", "pods/status", "update pod status for pods"), ("update", "pods/status", "update pod status for pods"),
            ("delete", "pods", "delete pods"), ("create", "pods/eviction", "evict pods"),
        ];
        foreach (var (verb, resource, what) in writes)
        {
            (await DecideAsync(NodeOf(node), verb, "", resource, "p", space)).IsAllowed.ShouldBeTrue($"{verb} {resource}");
            (await DecideAsync(NodeOf($"{space}-b"), verb, "", resource, "p", space)).Reason.ShouldBe($"node \"{space}-b\" can only {what} with spec.nodeName set to itself");
        }


        await Api.DeleteAsync<V1Pod>(space, "p", new DeletionOptions { GracePeriodSeconds = 0 });
        foreach (var (resource, name) in referred)
            await Eventually.HoldsAsync(async () => !await MayGetAsync(node, resource, name, space), $"{resource}/{name} after its pod");
    }

    [Theory]
    [InlineData("system:node:a", WellKnownGroups.Authenticated, "")]
    [InlineData("system:node:", WellKnownGroups.Nodes, "unknown node for user \"system:node:\"")]
    [InlineData("jane", WellKnownGroups.Nodes, "")]
    [InlineData("System:Node:a", WellKnownGroups.Nodes, "")]
    public async Task User_WhoIsNotQuiteANode_MayNothing(string user, string group, string reason)
    {
        var decision = await DecideAsync(new UserInfo(user, [group]), "list", "", "pods", "", fields: "spec.nodeName=a");

        (decision.IsAllowed, decision.Reason).ShouldBe((false, reason));
    }

    private static UserInfo NodeOf(string name) => new($"system:node:{name}", [WellKnownGroups.Nodes, WellKnownGroups.Authenticated]);

    private async Task<bool> MayGetAsync(string node, string resource, string name, string @namespace) =>
        (await DecideAsync(NodeOf(node), "get", "", resource, name, resource == "persistentvolumes" ? "" : @namespace)).IsAllowed;

    private async Task<AuthorizationDecision> DecideAsync(
        UserInfo user, string verb, string group, string resource, string name, string @namespace = "default", string fields = "", string labels = "")
    {
        var parts = resource.Split('/');
        var access = new AccessAttributes
        {
            IsResource = true,
            Verb = verb,
            Group = group,
            Resource = parts[0],
            Subresource = parts.ElementAtOrDefault(1) ?? "",
            Name = name,
            Namespace = @namespace,
            FieldSelector = fields,
            LabelSelector = labels,
        };
        return await shared.Silo.Services.GetRequiredService<AuthorizerChain>().DecideAsync(user, access, TestContext.Current.CancellationToken);
    }

    private static V1PersistentVolume VolumeOf(string space) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"{space}-v" },
        Spec = new V1PersistentVolumeSpec
        {
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") },
            AccessModes = ["ReadWriteOnce"],
            ClaimRef = new V1ObjectReference { Kind = "PersistentVolumeClaim", NamespaceProperty = space, Name = "data" },
            Csi = new V1CSIPersistentVolumeSource { Driver = "example.com", VolumeHandle = "1", NodeStageSecretRef = new V1SecretReference { Name = "of-volume", NamespaceProperty = space } },
        },
    };

    private static V1Pod PodWithEverything(string space) => new()
    {
        Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = space },
        Spec = new V1PodSpec
        {
            SchedulerName = "nobody",
            ImagePullSecrets = [new V1LocalObjectReference { Name = "pull" }],
            InitContainers = [new V1Container { Name = "init", Image = "i", EnvFrom = [new V1EnvFromSource { SecretRef = new V1SecretEnvSource { Name = "init" } }] }],
            Containers =
            [
                new V1Container
                {
                    Name = "main",
                    Image = "i",
                    Env =
                    [
                        new V1EnvVar { Name = "A", ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "env", Key = "k" } } },
                        new V1EnvVar { Name = "B", ValueFrom = new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "env", Key = "k" } } },
                    ],
                    EnvFrom =
                    [
                        new V1EnvFromSource { SecretRef = new V1SecretEnvSource { Name = "from" } },
                        new V1EnvFromSource { ConfigMapRef = new V1ConfigMapEnvSource { Name = "from" } },
                    ],
                },
            ],
            Volumes =
            [
                new V1Volume { Name = "s", Secret = new V1SecretVolumeSource { SecretName = "volume" } },
                new V1Volume { Name = "c", ConfigMap = new V1ConfigMapVolumeSource { Name = "volume" } },
                new V1Volume { Name = "d", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "data" } },
                new V1Volume
                {
                    Name = "scratch",
                    Ephemeral = new V1EphemeralVolumeSource
                    {
                        VolumeClaimTemplate = new V1PersistentVolumeClaimTemplate
                        {
                            Spec = new V1PersistentVolumeClaimSpec
                            {
                                AccessModes = ["ReadWriteOnce"],
                                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") } },
                            },
                        },
                    },
                },
                new V1Volume
                {
                    Name = "p",
                    Projected = new V1ProjectedVolumeSource
                    {
                        Sources =
                        [
                            new V1VolumeProjection { Secret = new V1SecretProjection { Name = "projected" } },
                            new V1VolumeProjection { ConfigMap = new V1ConfigMapProjection { Name = "projected" } },
                        ],
                    },
                },
            ],
        },
    };
}
