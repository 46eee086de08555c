using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.NodeAccess;

/// <summary>What node daemons may write, whatever the path of their request let through.</summary>
public sealed class NodeRestrictionTests(SharedSilo shared)
{
    private const string Mirror = "kubernetes.io/config.mirror";

    private ApiUser Api => shared.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("node-restriction.kubernetes.io/tier", false)]
    [InlineData("team.node-restriction.kubernetes.io/tier", false)]
    [InlineData("node-role.kubernetes.io/control-plane", false)]
    [InlineData("example.k8s.io/x", false)]
    [InlineData("kubernetes.io/hostname", true)]
    [InlineData("topology.kubernetes.io/zone", true)]
    [InlineData("node.kubernetes.io/instance-type", true)]
    [InlineData("team.kubelet.kubernetes.io/x", true)]
    [InlineData("evilnode-restriction.kubernetes.io.example.com/x", true)]
    [InlineData("plain", true)]
    public async Task Node_Labels_ItselfOnlyWithWhatItMay(string label, bool isAllowed)
    {
        var name = await NewNodeAsync();
        var node = await Api.GetAsync<V1Node>("", name);
        node.Metadata.Labels = new Dictionary<string, string> { [label] = "x" };

        var refused = await RefusedAsync(() => Api.UpdateAsync(node, "", As(name)));
        refused?.Message.ShouldBe($"nodes \"{name}\" is forbidden: is not allowed to modify labels: {label}");
        (refused is null).ShouldBe(isAllowed);
        var status = await Api.GetAsync<V1Node>("", name);
        var before = status.Metadata.Labels;
        status.Metadata.Labels = new Dictionary<string, string> { [label] = "y" };
        (await Api.UpdateAsync(status, "status", As(name))).Metadata.Labels.ShouldBe(before, "a status has no labels");

        var other = $"{name}-new";
        refused = await RefusedAsync(() => Api.CreateAsync(new V1Node { Metadata = new V1ObjectMeta { Name = other, Labels = new Dictionary<string, string> { [label] = "x" } } }, As(other)));
        (refused is null).ShouldBe(isAllowed);
        refused?.Message.ShouldContain($"node \"{other}\" is not allowed to set the following labels: {label}");
    }

    [Fact]
    public async Task Node_Taints_AreNotItsToChange()
    {
        var name = await NewNodeAsync(new V1NodeSpec { Taints = [new V1Taint { Key = "team", Value = "a", Effect = "NoSchedule" }] });
        var node = await Api.GetAsync<V1Node>("", name);
        node.Spec.Taints = null;

        (await RefusedAsync(() => Api.UpdateAsync(node, "", As(name))))!.Message.ShouldContain($"node \"{name}\" is not allowed to modify taints");
    }

    [Fact]
    public async Task Node_Owners_AreNotItsToChange()
    {
        var name = await NewNodeAsync();
        var node = await Api.GetAsync<V1Node>("", name);
        node.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "Node", Name = "gone", Uid = "gone" }];

        (await RefusedAsync(() => Api.UpdateAsync(node, "", As(name))))!.Message.ShouldContain($"node \"{name}\" is not allowed to modify ownerReferences");
    }

    [Fact]
    public async Task Node_OfAnother_IsNotItsToChangeOrToMake()
    {
        var (name, other) = (await NewNodeAsync(), await NewNodeAsync());
        var node = await Api.GetAsync<V1Node>("", other);
        node.Metadata.Labels = new Dictionary<string, string> { ["plain"] = "x" };

        foreach (var subresource in new[] { "", "status" })
            (await RefusedAsync(() => Api.UpdateAsync(node, subresource, As(name))))!.Message.ShouldContain($"node \"{name}\" is not allowed to modify node \"{other}\"");
        (await RefusedAsync(() => Api.CreateAsync(new V1Node { Metadata = new V1ObjectMeta { Name = $"{name}-b" } }, As(name)))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Pod_OfAnotherNode_IsNeitherReportedNorDeletedNorEvicted()
    {
        var (own, other, space) = (await NewNodeAsync(), await NewNodeAsync(), await Api.NewNamespaceAsync());
        var pod = await Api.CreateAsync(PodOn(space, "p", other));
        pod.Status.Message = "reported";

        (await RefusedAsync(() => Api.UpdateAsync(pod, "status", As(own))))!.Message.ShouldContain($"node \"{own}\" can only update pod status for pods with spec.nodeName set to itself");
        (await RefusedAsync(() => Api.DeleteAsync<V1Pod>(space, "p", null, As(own))))!.Message.ShouldContain($"node \"{own}\" can only delete pods with spec.nodeName set to itself");
        (await RefusedAsync(() => EvictAsync(space, "p", own)))!.Message.ShouldContain($"node {own} can only evict pods with spec.nodeName set to itself");

        await Api.UpdateAsync(pod, "status", As(other));
        await EvictAsync(space, "p", other);
    }

    [Fact]
    public async Task Pod_OfTheNode_IsOnlyReported()
    {
        var (node, space) = (await NewNodeAsync(), await Api.NewNamespaceAsync());
        var pod = await Api.CreateAsync(PodOn(space, "p", node));
        pod.Metadata.Labels = new Dictionary<string, string> { ["app"] = "theirs" };
        pod.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "theirs", Uid = "theirs", Controller = true }];
        pod = await Api.UpdateAsync(pod, "status", As(node));
        pod.Metadata.Labels.ShouldBeNull("who reports a status does not say who selects the pod");
        pod.Metadata.OwnerReferences.ShouldBeNull("who reports a status chooses no owner");
        pod.Metadata.Annotations = new Dictionary<string, string> { [Mirror] = "1" };
        (await Should.ThrowAsync<ApiException>(Api.UpdateAsync(pod, "status", As(node)))).Message.ShouldContain("may not add mirror pod annotation");
        pod.Metadata.Annotations = null;
        (await RefusedAsync(() => Api.UpdateAsync(pod, "", As(node))))!.Message.ShouldContain($"unexpected operation \"UPDATE\", node \"{node}\" can only create and delete mirror pods");
        await Api.DeleteAsync<V1Pod>(space, "p", null, As(node));
    }

    [Theory]
    [InlineData("no mirror", "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"{0}\" can only create mirror pods")]
    [InlineData("elsewhere", "node \"{0}\" can only create pods with spec.nodeName set to itself")]
    [InlineData("no owner", "node \"{0}\" can only create pods with an owner reference set to itself")]
    [InlineData("two owners", "node \"{0}\" can only create pods with a single owner reference set to itself")]
    [InlineData("no controller", "node \"{0}\" can only create pods with a controller owner reference set to itself")]
    [InlineData("blocks", "node \"{0}\" must not set blockOwnerDeletion on an owner reference")]
    [InlineData("other uid", "node {0} UID mismatch: expected other got ")]
    [InlineData("account", "node \"{0}\" can not create pods that reference a service account")]
    [InlineData("secret", "node \"{0}\" can not create pods that reference secrets")]
    [InlineData("config map", "node \"{0}\" can not create pods that reference configmaps")]
    [InlineData("claim", "node \"{0}\" can not create pods that reference persistentvolumeclaims")]
    public async Task Pod_MadeByANode_IsAMirrorThatRefersToNothing(string what, string why)
    {
        var name = await NewNodeAsync();
        var node = await Api.GetAsync<V1Node>("", name);
        var pod = PodOn("default", "mirror", name);
        pod.Metadata.Annotations = new Dictionary<string, string> { [Mirror] = "1" };
        pod.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "Node", Name = name, Uid = node.Metadata.Uid, Controller = true }];
        var owner = pod.Metadata.OwnerReferences[0];
        switch (what)
        {
            case "no mirror":
                pod.Metadata.Annotations = null;
                break;
            case "elsewhere":
                pod.Spec.NodeName = "other";
                break;
            case "no owner":
                pod.Metadata.OwnerReferences = null;
                break;
            case "two owners":
                pod.Metadata.OwnerReferences.Add(new V1OwnerReference { ApiVersion = "v1", Kind = "Node", Name = "b", Uid = "b" });
                break;
            case "no controller":
                owner.Controller = null;
                break;
            case "blocks":
                owner.BlockOwnerDeletion = true;
                break;
            case "other uid":
                owner.Uid = "other";
                break;
            case "account":
                pod.Spec.ServiceAccountName = "default";
                break;
            case "secret":
                pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = "s" }];
                break;
            case "config map":
                pod.Spec.Volumes = [new V1Volume { Name = "v", ConfigMap = new V1ConfigMapVolumeSource { Name = "c" } }];
                break;
            case "claim":
                pod.Spec.Volumes = [new V1Volume { Name = "v", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "c" } }];
                break;
        }

        // As admission sees it, after those plug-ins that treat mirror pods in another way.
        (await RefusedAsync(() => AdmitAsync(name, WellKnownResources.Pods, new ObjectKey("default", "mirror"), "", pod)))!.Message.ShouldContain(string.Format(System.Globalization.CultureInfo.InvariantCulture, why, name));
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("unbound", "node requested token not bound to a pod")]
    [InlineData("no uid", "node requested token with a pod binding without a uid")]
    [InlineData("other uid", "does not match the UID in record")]
    [InlineData("node", "node requested token not bound to a pod")]
    [InlineData("foreign", "node requested token bound to a pod scheduled on a different node")]
    [InlineData("audience", "audience \"vault\" not found in pod spec volume, system:node:{0} is not authorized to request tokens for this audience")]
    [InlineData("two audiences", "node may only request 0 or 1 audiences")]
    [InlineData("no projection", "audience \"\" not found in pod spec volume, system:node:{0} is not authorized to request tokens for this audience")]
    public async Task Token_AskedForByANode_IsOfAPodThatIsThere(string what, string? why)
    {
        var (name, space) = (await NewNodeAsync(), await Api.NewNamespaceAsync());
        var draft = PodOn(space, "p", what == "foreign" ? await NewNodeAsync() : name);
        draft.Spec.AutomountServiceAccountToken = false;
        var token = new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { Path = "token" } };
        if (what != "no projection")
            draft.Spec.Volumes = [new V1Volume { Name = "token", Projected = new V1ProjectedVolumeSource { Sources = [token] } }];
        var pod = await Api.CreateAsync(draft);
        var reference = new V1BoundObjectReference { ApiVersion = "v1", Kind = what == "node" ? "Node" : "Pod", Name = "p", Uid = what switch { "no uid" => null, "other uid" => "other", _ => pod.Metadata.Uid } };
        var asked = new Authenticationv1TokenRequest
        {
            Spec = new V1TokenRequestSpec
            {
                BoundObjectRef = what == "unbound" ? null : reference,
                Audiences = what switch { "audience" => ["vault"], "two audiences" => ["a", "b"], _ => [] },
            },
        };

        var refused = await RefusedAsync(() => AdmitAsync(name, WellKnownResources.ServiceAccounts, new ObjectKey(space, "default"), "token", asked));
        (refused is null).ShouldBe(why is null);
        refused?.Message.ShouldContain(string.Format(System.Globalization.CultureInfo.InvariantCulture, why!, name));
    }

    [Fact]
    public async Task Lease_IsMadeByItsNodeOnly()
    {
        var (name, other) = (await NewNodeAsync(), await NewNodeAsync());

        (await RefusedAsync(() => Api.CreateAsync(new V1Lease { Metadata = new V1ObjectMeta { Name = other, NamespaceProperty = "kube-node-lease" } }, As(name))))!
            .Message.ShouldContain("can only access node lease with the same name as the requesting node");
        (await RefusedAsync(() => Api.CreateAsync(new V1Lease { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default" } }, As(name)))).ShouldNotBeNull();
        await Api.CreateAsync(new V1Lease { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "kube-node-lease" } }, As(name));
    }

    [Fact]
    public async Task Volume_ThatIsADeletedFolderOfTheNode_IsLetGoAndNothingElseIsChanged()
    {
        var (name, other) = (await NewNodeAsync(), await NewNodeAsync());
        var volume = (await Api.CreateAsync(FolderOf(name))).Metadata.Name;
        var hand = await Api.CreateAsync(new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = $"{name}-hand" },
            Spec = new V1PersistentVolumeSpec
            {
                Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") },
                AccessModes = ["ReadWriteOnce"],
                HostPath = new V1HostPathVolumeSource { Path = "/volumes/by-hand" },
            },
        });
        (await RefusedAsync(() => ChangeAsync(volume, As(name), Begin))).ShouldNotBeNull("it is not deleted");

        await Api.DeleteAsync<V1PersistentVolume>("", volume);
        await ChangeAsync(volume, ApiUser.Options, changed => changed.Metadata.Finalizers = [LocalPathVolumes.Finalizer]);
        (await RefusedAsync(() => ChangeAsync(volume, As(other), Begin))).ShouldNotBeNull("it is on another node");
        var begun = await ChangeAsync(volume, As(name), Begin);
        begun.Metadata.Annotations[LocalPathVolumes.RemovedAnnotation].ShouldContain($"\"{hand.Metadata.Name}\":\"/volumes/by-hand\"");

        (await RefusedAsync(() => ChangeAsync(volume, As(name), changed => changed.Spec.PersistentVolumeReclaimPolicy = "Retain"))).ShouldNotBeNull("it changes the policy");
        await ChangeAsync(volume, As(name), changed => changed.Metadata.Finalizers = null);
        (await Api.FindAsync<V1PersistentVolume>("", volume)).ShouldBeNull();

        static void Begin(V1PersistentVolume changed) => changed.Metadata.Annotations[LocalPathVolumes.RemovedAnnotation] = LocalPathVolumes.AsksForOthers;
    }

    [Fact]
    public async Task User_WhoIsNoNode_IsNotRestricted()
    {
        var name = await NewNodeAsync();
        var node = await Api.GetAsync<V1Node>("", name);
        node.Metadata.Labels = new Dictionary<string, string> { ["node-restriction.kubernetes.io/tier"] = "x" };

        (await Api.UpdateAsync(node)).Metadata.Labels.Count.ShouldBe(1);
    }

    private static WriteOptions As(string node) => new() { User = new UserInfo($"system:node:{node}", [WellKnownGroups.Nodes, WellKnownGroups.Authenticated]) };

    private async Task<string> NewNodeAsync(V1NodeSpec? spec = null) =>
        (await Api.CreateAsync(new V1Node { Metadata = new V1ObjectMeta { GenerateName = "restricted-" }, Spec = spec ?? new V1NodeSpec() })).Metadata.Name;

    private Task EvictAsync(string space, string name, string node) => Api.Objects.EvictAsync(
        new ObjectKey(space, name), new V1Eviction { Metadata = new V1ObjectMeta { NamespaceProperty = space, Name = name } }, new DeletionOptions(), As(node), Cancellation);

    private async Task AdmitAsync(string node, ResourceName resource, ObjectKey key, string subresource, k8s.IKubernetesObject obj)
    {
        var definition = Kinds.BuiltInKinds.Registry[resource];
        await new NodeRestrictionAdmission(new AdmissionReader(shared.Silo.Caches, Kinds.BuiltInKinds.Registry)).ValidateAsync(
            new AdmissionRequest
            {
                Operation = AdmissionOperation.Create,
                ServedVersion = definition.Storage,
                Key = key,
                Subresource = subresource,
                Object = obj,
                Options = As(node),
            },
            Cancellation);
    }

    private static async Task<ApiException?> RefusedAsync(Func<Task> write)
    {
        try
        {
            await write();
            return null;
        }
        catch (ApiException refused) when (refused.Code == 403)
        {
            return refused;
        }
    }

    /// <summary>Changes a volume, which controllers write to as well.</summary>
    private async Task<V1PersistentVolume> ChangeAsync(string name, WriteOptions options, Action<V1PersistentVolume> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            var volume = await Api.GetAsync<V1PersistentVolume>("", name);
            change(volume);
            try
            {
                return await Api.UpdateAsync(volume, "", options);
            }
            catch (ApiException raced) when (raced.Code == 409 && attempt < 20)
            {
                // A controller was faster.
            }
        }
    }

    private static V1Pod PodOn(string space, string name, string node) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = space },
        Spec = new V1PodSpec { NodeName = node, AutomountServiceAccountToken = false, Containers = [new V1Container { Name = "main", Image = "i" }] },
    };

    private static V1PersistentVolume FolderOf(string node) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = $"{node}-folder",
            Finalizers = [LocalPathVolumes.Finalizer],
            Annotations = new Dictionary<string, string> { [LocalPathVolumes.NodeAnnotation] = node },
        },
        Spec = new V1PersistentVolumeSpec
        {
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") },
            AccessModes = ["ReadWriteOnce"],
            PersistentVolumeReclaimPolicy = "Delete",
            ClaimRef = new V1ObjectReference { Kind = "PersistentVolumeClaim", NamespaceProperty = "default", Name = "gone", Uid = "gone" },
            Local = new V1LocalVolumeSource { Path = "/volumes/v" },
            NodeAffinity = new V1VolumeNodeAffinity
            {
                Required = new V1NodeSelector
                {
                    NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [new V1NodeSelectorRequirement { Key = "kubernetes.io/hostname", OperatorProperty = "In", Values = [node] }] }],
                },
            },
        },
    };
}
