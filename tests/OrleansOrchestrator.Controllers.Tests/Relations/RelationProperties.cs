using CsCheck;
using OrleansOrchestrator.Controllers.ApiRegistration;
using OrleansOrchestrator.Controllers.CustomResources;
using OrleansOrchestrator.Controllers.Ingresses;
using OrleansOrchestrator.Controllers.Jobs;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Quotas;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Controllers.Volumes;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Tests.Relations;

/// <summary>
/// Both directions of every relation agree: a change concerns a primary exactly if its observation differs afterwards. What is offered to
/// those who wait concerns them only if there is more of it.
/// </summary>
public sealed class RelationProperties
{
    private static readonly Gen<string> Namespaces = Any.Of("a", "b");
    private static readonly Gen<string> Names = Any.Of("x", "y", "z");
    private static readonly Gen<Dictionary<string, string>> Labels = Any.Of<Dictionary<string, string>>(
        [], new() { ["app"] = "web" }, new() { ["app"] = "db" }, new() { ["app"] = "web", ["track"] = "a" });

    private static readonly Gen<V1ObjectMeta> Metadata = Gen.Select(Namespaces, Names, Labels, (@namespace, name, labels) => new V1ObjectMeta
    {
        NamespaceProperty = @namespace,
        Name = name,
        Labels = labels,
    });

    // A reference may name another kind, another group, the name of one owner with the uid of another, or nobody.
    private static readonly Gen<V1OwnerReference?> Owners = Gen.Select(
        Gen.Bool, Any.Of("ReplicationController", "Other"), Any.Of("v1", "other.io/v1"), Names, Namespaces, Names, Gen.Bool,
        (any, kind, apiVersion, name, uidNamespace, uidName, controls) => any
            ? new V1OwnerReference { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = UidOf(uidNamespace, uidName), Controller = controls }
            : null);

    private static readonly Gen<KubeObject> Controllers = Gen.Select(Metadata, Labels, Names, (metadata, selector, target) =>
    {
        metadata.Uid = UidOf(metadata.NamespaceProperty, metadata.Name);
        metadata.Annotations = new Dictionary<string, string> { ["target"] = $"a/{target}" };
        return (KubeObject)new V1ReplicationController { Metadata = metadata, Spec = new V1ReplicationControllerSpec { Selector = selector } };
    });

    private static readonly Gen<KubeObject> OwnedControllers = Gen.Select(Controllers, Any.Of("", "x", "y"), (controller, owner) =>
    {
        controller.Metadata.OwnerReferences = owner.Length == 0 ? null : [new V1OwnerReference { ApiVersion = "v1", Kind = "Other", Name = owner, Uid = owner, Controller = true }];
        return controller;
    });

    private static readonly Gen<KubeObject> Services = Metadata.Select(metadata => (KubeObject)new V1Service { Metadata = metadata, Spec = new V1ServiceSpec() });

    private static readonly Gen<KubeObject> NamespaceObjects = Gen.Select(Namespaces, Labels, Gen.Bool, (name, labels, deleting) => (KubeObject)new V1Namespace
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = labels, DeletionTimestamp = deleting ? ClusterModel.Start.UtcDateTime : null },
    });

    private static readonly Gen<KubeObject> Pods = Gen.Select(Metadata, Owners, (metadata, owner) =>
    {
        metadata.OwnerReferences = owner is null ? null : [owner];
        return (KubeObject)new V1Pod { Metadata = metadata, Spec = new V1PodSpec { Containers = [] } };
    });

    private static readonly Gen<KubeObject> Jobs = Gen.Select(Metadata, Gen.Bool, Gen.Bool, (metadata, isManual, deleting) =>
    {
        metadata.Uid = UidOf(metadata.NamespaceProperty, metadata.Name);
        metadata.DeletionTimestamp = deleting ? ClusterModel.Start.UtcDateTime : null;
        return (KubeObject)new V1Job { Metadata = metadata, Spec = new V1JobSpec { ManualSelector = isManual } };
    });

    private static readonly Gen<KubeObject> JobPods = Gen.Select(Metadata, Owners, Names, Gen.Bool, Gen.Bool, (metadata, owner, label, hasLabel, isTracked) =>
    {
        if (owner is not null)
            (owner.Kind, owner.ApiVersion) = ("Job", owner.ApiVersion == "v1" ? "batch/v1" : owner.ApiVersion);
        metadata.OwnerReferences = owner is null ? null : [owner];
        metadata.Finalizers = isTracked ? [JobMetadataKeys.TrackingFinalizer] : null;
        if (hasLabel)
            metadata.Labels = new Dictionary<string, string>(metadata.Labels) { [JobMetadataKeys.JobName] = label };
        return (KubeObject)new V1Pod { Metadata = metadata, Spec = new V1PodSpec { Containers = [] } };
    });

    private static readonly Gen<KubeObject> ConfigMaps = Gen.Select(Metadata, Names, Namespaces, (metadata, about, aboutNamespace) =>
    {
        metadata.Annotations = new Dictionary<string, string> { ["about"] = $"{aboutNamespace}/{about}" };
        return (KubeObject)new V1ConfigMap { Metadata = metadata };
    });

    private static readonly Gen<KubeObject> Addresses = Gen.Select(Names, Namespaces, Names, (name, @namespace, service) => (KubeObject)new V1IPAddress
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1IPAddressSpec { ParentRef = new V1ParentReference { Resource = "services", NamespaceProperty = @namespace, Name = service } },
    });

    private static readonly Gen<KubeObject> Slices = Gen.Select(Metadata, Names, (metadata, service) =>
    {
        metadata.Labels = new Dictionary<string, string>(metadata.Labels) { ["service"] = service };
        return (KubeObject)new V1EndpointSlice { Metadata = metadata, AddressType = "IPv4", Endpoints = [] };
    });

    private static readonly Gen<KubeObject> Quotas = Gen.Select(Metadata, Any.Of("pods", "configmaps", "count/pods"), Gen.Bool, (metadata, limited, isScoped) => (KubeObject)new V1ResourceQuota
    {
        Metadata = metadata,
        Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { [limited] = new("1") }, Scopes = isScoped ? ["Terminating"] : null },
    });

    private static readonly Gen<string> Hosts = Any.Of("", "x.com", "a.x.com", "*.x.com", "b.a.x.com", "*.a.x.com");

    private static readonly Gen<KubeObject> Ingresses = Gen.Select(Metadata, Hosts.Array[0, 2], Hosts, (metadata, hosts, certified) => (KubeObject)new V1Ingress
    {
        Metadata = metadata,
        Spec = new V1IngressSpec
        {
            Rules = [.. hosts.Select(host => new V1IngressRule { Host = host })],
            Tls = certified.Length == 0 ? null : [new V1IngressTLS { Hosts = [certified] }],
        },
    });

    private static readonly Gen<KubeObject> Nodes = Names.Select(name => (KubeObject)new V1Node { Metadata = new V1ObjectMeta { Name = name } });

    private static readonly Gen<KubeObject> StatefulSets = Gen.Select(Metadata, Any.Of(0, 1, 2), Any.Of("a", "b", "a-x"), (metadata, replicas, template) =>
    {
        metadata.Uid = UidOf(metadata.NamespaceProperty, metadata.Name);
        var claims = new List<V1PersistentVolumeClaim> { new() { Metadata = new V1ObjectMeta { Name = template } } };
        return (KubeObject)new V1StatefulSet { Metadata = metadata, Spec = new V1StatefulSetSpec { Replicas = replicas, VolumeClaimTemplates = claims } };
    });

    private static readonly Gen<KubeObject> Claims = Gen.Select(Namespaces, Any.Of("a", "b", "a-x"), Names, Any.Of("0", "1", "01", "5", "x"), (@namespace, template, set, ordinal) =>
        (KubeObject)new V1PersistentVolumeClaim { Metadata = new V1ObjectMeta { NamespaceProperty = @namespace, Name = $"{template}-{set}-{ordinal}" } });

    private static readonly Gen<KubeObject> StorageClaims = Gen.Select(Metadata, Any.Of(null, "", "x", "y"), Any.Of("", "ReadWriteOnce", "ReadWriteMany"), Gen.Bool, (metadata, className, mode, isDeleting) =>
    {
        metadata.Uid = UidOf(metadata.NamespaceProperty, metadata.Name);
        metadata.DeletionTimestamp = isDeleting ? ClusterModel.Start.UtcDateTime : null;
        return (KubeObject)new V1PersistentVolumeClaim { Metadata = metadata, Spec = new V1PersistentVolumeClaimSpec { StorageClassName = className, AccessModes = ModesOf(mode) } };
    });

    private static readonly Gen<KubeObject> Volumes = Gen.Select(Names, Any.Of("", "x", "y"), Any.Of("", "ReadWriteOnce", "ReadWriteOnce,ReadWriteMany"), Gen.Bool, (name, className, modes, isTaken) => (KubeObject)new V1PersistentVolume
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1PersistentVolumeSpec { StorageClassName = className, AccessModes = ModesOf(modes), ClaimRef = isTaken ? new V1ObjectReference { NamespaceProperty = "a", Name = "x" } : null },
        Status = new V1PersistentVolumeStatus { Phase = "Available" },
    });

    private static string[] ModesOf(string modes) => modes.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static readonly Gen<KubeObject> StorageClassObjects = Gen.Select(Names, Gen.Bool, (name, isDefault) => (KubeObject)new V1StorageClass
    {
        Metadata = new V1ObjectMeta { Name = name, Annotations = new Dictionary<string, string> { [StorageClasses.DefaultAnnotation] = isDefault ? "true" : "false" } },
        Provisioner = "example.com/any",
    });

    private static readonly Gen<KubeObject> PodsWithClaims = Gen.Select(Metadata, Names, Any.Of("x", "x-y", "z"), (metadata, claim, volume) => (KubeObject)new V1Pod
    {
        Metadata = metadata,
        Spec = new V1PodSpec
        {
            Containers = [],
            Volumes =
            [
                new V1Volume { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim } },
                new V1Volume { Name = volume, Ephemeral = new V1EphemeralVolumeSource() },
            ],
        },
    });

    private static readonly Gen<KubeObject> EphemeralClaims = Gen.Select(Namespaces, Names, Any.Of("x", "x-y", "z"), (@namespace, pod, volume) =>
        (KubeObject)new V1PersistentVolumeClaim { Metadata = new V1ObjectMeta { NamespaceProperty = @namespace, Name = $"{pod}-{volume}" } });

    private static readonly Gen<KubeObject> Definitions = Gen.Select(
        Any.Of("configmaps", "pods", "gadgets"), Any.Of("", "one.io"), Gen.Bool, (plural, group, deleting) => (KubeObject)new V1CustomResourceDefinition
        {
            Metadata = new V1ObjectMeta { Name = $"{plural}.{group}", DeletionTimestamp = deleting ? ClusterModel.Start.UtcDateTime : null },
            Spec = new V1CustomResourceDefinitionSpec { Group = group, Names = new V1CustomResourceDefinitionNames { Plural = plural }, Versions = [] },
        });

    private static readonly Gen<KubeObject> ApiServiceObjects = Gen.Select(Any.Of("v1", "v2"), Any.Of("one.io", "two.io"), (version, group) =>
        (KubeObject)ApiServices.OfCustomKinds(group, version));

    private static readonly Gen<KubeObject> VersionedDefinitions = Gen.Select(
        Any.Of("gadgets", "widgets"), Any.Of("one.io", "two.io"), Any.Of("v1", "v2").Array[1, 3], Gen.Bool, (plural, group, versions, isServed) => (KubeObject)new V1CustomResourceDefinition
        {
            Metadata = new V1ObjectMeta { Name = $"{plural}.{group}" },
            Spec = new V1CustomResourceDefinitionSpec
            {
                Group = group,
                Names = new V1CustomResourceDefinitionNames { Plural = plural },
                Versions = [.. versions.Distinct().Select(name => new V1CustomResourceDefinitionVersion { Name = name, Served = isServed })],
            },
        });

    private static readonly Dictionary<string, (Relation Relation, ResourceName Primary, Gen<KubeObject> Primaries, Gen<KubeObject> Others)> Cases = new()
    {
        ["selected in the namespace"] = (new SelectedByLabels(WellKnownResources.Pods, SelectorOf), WellKnownResources.ReplicationControllers, Controllers, Pods),
        ["selected across namespaces"] = (
            new SelectedByLabels(WellKnownResources.Pods, SelectorOf) { AcrossNamespaces = true }, WellKnownResources.ReplicationControllers, Controllers, Pods),
        ["selected by a primary without namespace"] = (new SelectedByLabels(WellKnownResources.Pods, SelectorOf), WellKnownResources.Namespaces, NamespaceObjects, Pods),
        ["controlled by owner"] = (new ControlledByOwner(WellKnownResources.Pods), WellKnownResources.ReplicationControllers, Controllers, Pods),
        ["pods of siblings"] = (new SiblingPods(_ => 0), WellKnownResources.ReplicationControllers, OwnedControllers, Pods),
        ["left behind by a job"] = (new LeftBehindPods(), WellKnownResources.Jobs, Jobs, JobPods),
        ["same name"] = (new SameName(WellKnownResources.ConfigMaps), WellKnownResources.Services, Services, ConfigMaps),
        ["fixed name in the namespace"] = (new FixedName(WellKnownResources.ConfigMaps, "x"), WellKnownResources.Services, Services, ConfigMaps),
        ["fixed name in the namespace that is the primary"] = (new FixedName(WellKnownResources.ConfigMaps, "x"), WellKnownResources.Namespaces, NamespaceObjects, ConfigMaps),
        ["fixed name in a fixed namespace"] = (new FixedName(WellKnownResources.ConfigMaps, "x") { Namespace = "a" }, WellKnownResources.Services, Services, ConfigMaps),
        ["named by the primary"] = (
            new NamedByPrimary(WellKnownResources.ConfigMaps, primary => [ObjectKey.Parse(primary.Metadata.Annotations["target"])]),
            WellKnownResources.ReplicationControllers, Controllers, ConfigMaps),
        ["naming the primary in an indexed field"] = (
            new NamingPrimary(WellKnownResources.IPAddresses, address => Named(((V1IPAddress)address).Spec.ParentRef)) { Field = "spec.parentRef.name" },
            WellKnownResources.Services, Services, Addresses),
        ["naming the primary in a label"] = (
            new NamingPrimary(WellKnownResources.EndpointSlices, slice => new ObjectKey(slice.Key.Namespace, slice.Metadata.Labels["service"])) { Label = "service" },
            WellKnownResources.Services, Services, Slices),
        ["naming the primary anywhere"] = (
            new NamingPrimary(WellKnownResources.ConfigMaps, map => ObjectKey.Parse(map.Metadata.Annotations["about"])), WellKnownResources.Services, Services, ConfigMaps),
        ["ingresses of the primary's hosts"] = (new IngressesOfHosts(), WellKnownResources.Ingresses, Ingresses, Ingresses),
        ["all of a kind"] = (new AllOfKind(WellKnownResources.Nodes), WellKnownResources.ReplicationControllers, Controllers, Nodes),
        ["claims of a StatefulSet's pods"] = (new ClaimsOfTemplates(), WellKnownResources.StatefulSets, StatefulSets, Claims),
        ["volumes that any claim of the class may get"] = (new OfferedVolumes(), WellKnownResources.PersistentVolumeClaims, StorageClaims, Volumes),
        ["classes of a claim"] = (new ClassesOfClaim(), WellKnownResources.PersistentVolumeClaims, StorageClaims, StorageClassObjects),
        ["pods of a deleted claim"] = (
            new PodsOfClaim(claim => claim.IsDeleting, pod => pod.Metadata.Labels.Count > 0), WellKnownResources.PersistentVolumeClaims, StorageClaims, PodsWithClaims),
        ["claims of ephemeral volumes"] = (new ClaimsOfEphemeralVolumes(), WellKnownResources.Pods, PodsWithClaims, EphemeralClaims),
        ["contents of a namespace"] = (new NamespaceContents(), WellKnownResources.Namespaces, NamespaceObjects, Gen.OneOf(Pods, ConfigMaps)),
        ["counted by a quota"] = (new CountedByQuota(), WellKnownResources.ResourceQuotas, Quotas, Gen.OneOf(Pods, ConfigMaps)),
        ["definitions of a group"] = (new DefinitionsOfGroup(), WellKnownResources.CustomResourceDefinitions, Definitions, Definitions),
        ["definitions of an API version"] = (new VersionDefinitions(), WellKnownResources.APIServices, ApiServiceObjects, VersionedDefinitions),
        ["objects that a definition defines"] = (new DefinedObjects(), WellKnownResources.CustomResourceDefinitions, Definitions, ConfigMaps),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    /// <summary>All but those whose changes concern nobody although they are observed.</summary>
    public static TheoryData<string> FollowedCaseNames => [.. Cases.Where(entry => entry.Value.Relation is not SiblingPods).Select(entry => entry.Key)];

    [Theory]
    [MemberData(nameof(FollowedCaseNames))]
    public void FindPrimaries_AnyChange_ConcernsExactlyThoseWhoseObservationDiffers(string name)
    {
        var (relation, primary, primaries, others) = Cases[name];
        Gen.Select(primaries.Array[1, 5], others.Array[0, 5], others, Gen.Bool).Sample((mains, present, next, deletes) =>
        {
            var cluster = new ClusterModel();
            foreach (var obj in mains.Concat(present))
                Put(cluster, obj);
            var keys = KeysOf([.. mains, .. present.Where(obj => obj.GetType() == mains[0].GetType())], next);
            var before = Observe(cluster, relation, primary, keys);

            var change = Change(cluster, next, deletes);

            var after = Observe(cluster, relation, primary, keys);
            var differing = keys.Where(key => relation is OfferedVolumes ? after[key].Split(' ', StringSplitOptions.RemoveEmptyEntries).Except(before[key].Split(' ')).Any() : before[key] != after[key])
                .Select(key => key.ToString()).Order(StringComparer.Ordinal);
            // A primary's own change is its own event.
            var concerned = cluster.FindPrimaries(relation, primary, change).Where(key => change.Resource != primary || key != change.Key).Select(key => key.ToString());
            concerned.Order(StringComparer.Ordinal).ShouldBe(differing);
        });
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Observe_ObjectsInTheCluster_IsInKeyOrder(string name)
    {
        var (relation, primary, primaries, others) = Cases[name];
        Gen.Select(primaries.Array[1, 5], others.Array[0, 8]).Sample((mains, present) =>
        {
            var cluster = new ClusterModel();
            foreach (var obj in mains.Concat(present))
                Put(cluster, obj);
            foreach (var main in mains)
            {
                var seen = cluster.Observe(relation, primary, main.Key).Select(related => ($"{related.Resource}", related.Object.Key)).ToList();
                seen.ShouldBe(seen.OrderBy(related => related.Item1, StringComparer.Ordinal).ThenBy(related => related.Key));
            }
        }, iter: 50);
    }

    private static string UidOf(string @namespace, string name) => $"uid-of-{@namespace}-{name}";

    private static ObjectKey Named(V1ParentReference parent) => new(parent.NamespaceProperty, parent.Name);

    private static LabelSelector SelectorOf(KubeObject primary)
    {
        var selector = primary is V1ReplicationController controller ? controller.Spec.Selector : primary.Metadata.Labels;
        return selector is { Count: > 0 } ? LabelSelector.FromMap(selector) : LabelSelector.Nothing;
    }

    /// <summary>Adds an object, or puts it in the place of the one with its key.</summary>
    private static void Put(ClusterModel cluster, KubeObject obj)
    {
        // Generated objects are shared by runs.
        var own = ObjectFacts.CopyOf(obj);
        if (cluster.Find(obj.GetType(), obj.Key) is { } present)
        {
            own.Metadata.Uid = present.Metadata.Uid;
            cluster.Remove(present);
        }

        cluster.Add(own);
    }

    private static ObjectChange Change(ClusterModel cluster, KubeObject next, bool deletes)
    {
        var before = cluster.Find(next.GetType(), next.Key) is { } present ? ClusterModel.StoredOf(present) : null;
        if (before is not null && deletes)
        {
            cluster.Remove(next);
            return new ObjectChange(null, before);
        }

        Put(cluster, next);
        return new ObjectChange(ClusterModel.StoredOf(cluster.Find(next.GetType(), next.Key)!), before);
    }

    /// <summary>The keys of the primaries, and of some that do not exist.</summary>
    private static List<ObjectKey> KeysOf(KubeObject[] mains, KubeObject next)
    {
        var isNamespaced = mains[0].Key.Namespace.Length > 0;
        IEnumerable<ObjectKey> possible = isNamespaced
            ? from @namespace in (string[])["a", "b"] from name in (string[])["x", "y", "z"] select new ObjectKey(@namespace, name)
            : mains.Select(main => main.Key).Concat(((string[])["a", "b", "v1.one.io", "v1.two.io", "v2.one.io", "v2.two.io"]).Select(name => new ObjectKey("", name)));
        return [.. possible.Distinct().Where(key => mains[0].GetType() != next.GetType() || key != next.Key)];
    }

    private static Dictionary<ObjectKey, string> Observe(ClusterModel cluster, Relation relation, ResourceName primary, List<ObjectKey> keys) => keys.ToDictionary(
        key => key,
        key => string.Join(' ', cluster.Observe(relation, primary, key).Select(related => $"{related.Resource}/{related.Object.Key}@{related.Object.Metadata.ResourceVersion}")));
}
