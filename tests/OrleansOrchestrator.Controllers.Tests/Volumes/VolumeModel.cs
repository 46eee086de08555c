using System.Text.Json.Nodes;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Controllers.Volumes;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

/// <summary>A cluster with all controllers of volumes, and what users, nodes and the garbage collector do to claims and volumes.</summary>
internal sealed class VolumeModel
{
    public const string Node = "node-1";

    public static readonly IReconciler[] Reconcilers =
    [
        new ClaimReconciler(), new VolumeReconciler(), new ClaimProtectionReconciler(), new VolumeProtectionReconciler(),
        new EphemeralVolumeReconciler(), new LocalPathProvisioner(), new LocalPathReclaimer(),
    ];

    public VolumeModel() => Cluster.Refuses = WhyNot;

    public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

    public V1StorageClass AddClass(string name, bool waits = false, bool isDefault = false, string provisioner = LocalPathVolumes.Provisioner, string policy = "Delete")
    {
        var storage = LocalPathVolumes.ClassOf(isDefault);
        storage.Metadata.Name = name;
        (storage.Provisioner, storage.ReclaimPolicy, storage.VolumeBindingMode) = (provisioner, policy, waits ? "WaitForFirstConsumer" : "Immediate");
        return Cluster.Add(storage);
    }

    public V1Node AddNode(string name = Node) => Cluster.Add(new V1Node
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name },
            Annotations = new Dictionary<string, string> { [LocalPathVolumes.FolderAnnotation] = "/data/volumes" },
        },
    });

    public V1PersistentVolumeClaim AddClaim(string name = "data", string size = "1Gi", string? className = "", string mode = "ReadWriteOnce", Action<V1PersistentVolumeClaim>? change = null)
    {
        var claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = name, Finalizers = [VolumeMetadataKeys.ClaimProtection] },
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = [mode],
                StorageClassName = className,
                VolumeMode = "Filesystem",
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) } },
            },
            Status = new V1PersistentVolumeClaimStatus { Phase = "Pending" },
        };
        change?.Invoke(claim);
        return Cluster.Add(claim);
    }

    public V1PersistentVolume AddVolume(string name = "disk", string size = "1Gi", string className = "", string policy = "Retain", Action<V1PersistentVolume>? change = null, params string[] modes)
    {
        var volume = new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = name, Finalizers = [VolumeMetadataKeys.VolumeProtection] },
            Spec = new V1PersistentVolumeSpec
            {
                AccessModes = modes.Length == 0 ? ["ReadWriteOnce"] : modes,
                Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) },
                HostPath = new V1HostPathVolumeSource { Path = $"/disks/{name}" },
                PersistentVolumeReclaimPolicy = policy,
                StorageClassName = className,
                VolumeMode = "Filesystem",
            },
            Status = new V1PersistentVolumeStatus { Phase = "Pending" },
        };
        change?.Invoke(volume);
        return Cluster.Add(volume);
    }

    public V1Pod AddPod(string name, string claim, string? node = null)
    {
        var pod = Samples.Pod(name, node: node, phase: "Pending");
        pod.Spec.Volumes = [new V1Volume { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim } }];
        return Cluster.Add(pod);
    }

    public V1PersistentVolumeClaim Claim(string name = "data") => FindClaim(name).ShouldNotBeNull();

    public V1PersistentVolumeClaim? FindClaim(string name = "data") => Cluster.Find<V1PersistentVolumeClaim>(new ObjectKey(Samples.Namespace, name));

    public V1PersistentVolume Volume(string name = "disk") => FindVolume(name).ShouldNotBeNull();

    public V1PersistentVolume? FindVolume(string name = "disk") => Cluster.Find<V1PersistentVolume>(new ObjectKey("", name));

    public void Change<T>(T obj, Action<T> change)
        where T : class, KubeObject
    {
        var changed = ObjectCodec.Clone(obj);
        change(changed);
        Cluster.Apply([new UpdateObject(ClusterModel.ResourceOf(typeof(T)), changed)]).ShouldBeEmpty();
    }

    public void Delete(KubeObject obj) => Cluster.Apply([new DeleteObject(ClusterModel.ResourceOf(obj.GetType()), obj.Key, obj.Metadata.Uid)]);

    /// <summary>Does what the scheduler does for the first consumer of a claim.</summary>
    public void SelectNode(string claim = "data", string node = Node) => Change(Claim(claim), changed =>
        changed.Metadata.Annotations = new Dictionary<string, string>(changed.Metadata.Annotations ?? new Dictionary<string, string>()) { [VolumeMetadataKeys.SelectedNode] = node });

    /// <summary>Does what a node's daemon does: removes the folders of deleted volumes.</summary>
    /// <returns>The paths that it removed.</returns>
    public IReadOnlyList<string> CleanNode(string node = Node)
    {
        var removed = new List<string>();
        foreach (var volume in Cluster.All<V1PersistentVolume>().Where(volume => LocalPathVolumes.MustBeRemoved(volume) && LocalPathVolumes.NodeOf(volume) == node).ToList())
        {
            removed.Add(volume.Spec.Local.Path);
            Change(volume, changed => changed.Metadata.Finalizers = [.. changed.Metadata.Finalizers.Where(one => one != LocalPathVolumes.Finalizer)]);
        }

        return removed;
    }

    /// <summary>The keys that a reconciler has to look at.</summary>
    public IEnumerable<ObjectKey> KeysOf(IReconciler reconciler) => (reconciler.Primary.Plural switch
    {
        "persistentvolumes" => (IEnumerable<KubeObject>)Cluster.All<V1PersistentVolume>(),
        "pods" => Cluster.All<V1Pod>(),
        _ => Cluster.All<V1PersistentVolumeClaim>(),
    }).Select(obj => obj.Key);

    /// <summary>Lets all controllers work until none has anything to do.</summary>
    public VolumeModel Settle()
    {
        for (var round = 0; round < 60; round++)
        {
            var acted = false;
            foreach (var reconciler in Reconcilers)
            {
                foreach (var key in KeysOf(reconciler).ToList())
                    acted |= Cluster.Step(reconciler, key).Actions.Count > 0;
            }

            if (!acted)
                return this;
        }

        throw new InvalidOperationException("the controllers of volumes do not come to rest");
    }

    /// <summary>The reasons and messages of the events so far.</summary>
    public IEnumerable<string> Events => Cluster.Events.Select(one => $"{one.Type} {one.Reason} {one.Message}");

    /// <summary>Refuses what the store refuses because the object is not as it was seen.</summary>
    private ApiException? WhyNot(ObjectAction action)
    {
        var name = action.Key.Name;
        var present = Cluster.Find(BuiltInType(action.Resource), action.Key);
        return action switch
        {
            CreateObject => present is null ? null : ApiErrors.AlreadyExists(action.Resource, name),
            _ when present is null => action is DeleteObject ? null : ApiErrors.NotFound(action.Resource, name),
            ReplaceObject replace => replace.Object.Metadata.ResourceVersion == present.Metadata.ResourceVersion ? null : ApiErrors.Modified(action.Resource, name),
            PatchObject patch => (string?)JsonNode.Parse(patch.Patch.Span)!["metadata"]!["uid"] == present.Metadata.Uid ? null : ApiErrors.Modified(action.Resource, name),
            DeleteObject delete => delete.Uid == present.Metadata.Uid && (delete.ResourceVersion ?? present.Metadata.ResourceVersion) == present.Metadata.ResourceVersion
                ? null : ApiErrors.Modified(action.Resource, name),
            _ => null,
        };
    }

    private static Type BuiltInType(ResourceName resource) => Kinds.BuiltInKinds.Registry[resource].ModelType;
}
