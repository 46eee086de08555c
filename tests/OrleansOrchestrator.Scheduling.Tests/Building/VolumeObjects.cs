using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Claims, volumes and classes for tests.</summary>
internal static class VolumeObjects
{
    private static long s_revision;

    /// <summary>A node with a folder for volumes.</summary>
    public static V1Node NodeOf(string name)
    {
        var node = Nodes.Create(name).WithLabel("kubernetes.io/hostname", name);
        node.Metadata.Annotations = new Dictionary<string, string> { [LocalPathVolumes.FolderAnnotation] = "/data" };
        return node;
    }

    public static V1Pod WithClaim(params string[] claims)
    {
        var pod = Create("p");
        pod.Spec.Volumes = [.. claims.Select(claim => new V1Volume { Name = claim, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim } })];
        return pod;
    }

    public static V1PersistentVolumeClaim ClaimOf(
        string name, string className = "", string? volume = null, string size = "1Gi", string mode = "ReadWriteOnce", Action<V1PersistentVolumeClaim>? change = null)
    {
        var claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, Uid = $"uid-{name}", ResourceVersion = "1" },
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = [mode],
                StorageClassName = className,
                VolumeName = volume,
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) } },
            },
            Status = new V1PersistentVolumeClaimStatus { Phase = volume is null ? "Pending" : "Bound" },
        };
        if (volume is not null)
            claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.BindCompleted] = "yes" };
        change?.Invoke(claim);
        return claim;
    }

    public static V1PersistentVolume VolumeOn(string name, string host, string className = "", string size = "5Gi", string? claim = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, ResourceVersion = "1" },
        Spec = new V1PersistentVolumeSpec
        {
            AccessModes = ["ReadWriteOnce", "ReadWriteOncePod"],
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) },
            StorageClassName = className,
            ClaimRef = claim is null ? null : new V1ObjectReference { NamespaceProperty = "default", Name = claim, Uid = $"uid-{claim}" },
            NodeAffinity = host.Length == 0 ? null : new V1VolumeNodeAffinity
            {
                Required = new V1NodeSelector
                {
                    NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [new V1NodeSelectorRequirement { Key = "kubernetes.io/hostname", OperatorProperty = "In", Values = [host] }] }],
                },
            },
        },
        Status = new V1PersistentVolumeStatus { Phase = claim is null ? "Available" : "Bound" },
    };

    /// <summary>A class whose volumes are made by hand.</summary>
    public static V1StorageClass Manual() => new()
    {
        Metadata = new V1ObjectMeta { Name = "manual" },
        Provisioner = StorageClasses.NoProvisioner,
        VolumeBindingMode = StorageClasses.WaitForFirstConsumer,
    };

    public static void Set<T>(Harness harness, T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => Set(harness.Cache, obj);

    /// <summary>Takes over a newer version of an object.</summary>
    public static IReadOnlyList<ClusterEvent> Set<T>(SchedulerCache cache, T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        obj.Metadata.ResourceVersion = Interlocked.Increment(ref s_revision).ToString(CultureInfo.InvariantCulture);
        return cache.SetObject(InputOf(obj), KeyOf(obj), obj);
    }

    public static ObjectKey KeyOf(k8s.IKubernetesObject<V1ObjectMeta> obj) => new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);

    public static ObjectInput InputOf(object obj) => obj switch
    {
        V1PersistentVolumeClaim => ObjectInputs.PersistentVolumeClaims,
        V1PersistentVolume => ObjectInputs.PersistentVolumes,
        _ => ObjectInputs.StorageClasses,
    };
}
