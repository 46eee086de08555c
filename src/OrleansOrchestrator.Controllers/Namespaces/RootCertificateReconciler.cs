using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>Keeps a config map in every active namespace with the certificate by which pods verify the API server.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher.</remarks>
public sealed class RootCertificateReconciler(RootCertificate root) : IReconciler
{
    /// <summary>The name of the config map.</summary>
    public const string ConfigMapName = "kube-root-ca.crt";

    /// <summary>The key of the certificate in it.</summary>
    public const string Key = "ca.crt";

    private const string DescriptionKey = "kubernetes.io/description";
    private const string Description =
        "The certificate by which clients inside the cluster verify the API. It is not meant for anything else.";

    private static readonly FixedName Published = new(WellKnownResources.ConfigMaps, ConfigMapName);

    /// <inheritdoc/>
    public string Name => "root-ca-certificate-publisher";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Namespaces;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("root-ca-cert-publisher");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Published];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (root.Pem is not { } pem
            || observation.Primary is not V1Namespace { Metadata.DeletionTimestamp: null } ns
            || ns.Status?.Phase == "Terminating")
        {
            return Plan.Nothing;
        }

        var present = observation.Of<V1ConfigMap>(Published).FirstOrDefault();
        if (present is null)
            return new Plan { Actions = [new CreateObject(WellKnownResources.ConfigMaps, NewConfigMap(ns.Metadata.Name, pem))] };
        if (present.IsDeleting || IsRight(present, pem))
            return Plan.Nothing;

        var updated = ObjectCodec.Clone(present);
        updated.Data = DataOf(pem);
        updated.BinaryData = null;
        return new Plan { Actions = [new UpdateObject(WellKnownResources.ConfigMaps, updated)] };
    }

    private static bool IsRight(V1ConfigMap map, string pem) =>
        map is { Data.Count: 1, BinaryData: null or { Count: 0 } } && map.Data.TryGetValue(Key, out var kept) && kept == pem;

    private static V1ConfigMap NewConfigMap(string @namespace, string pem) => new()
    {
        ApiVersion = V1ConfigMap.KubeApiVersion,
        Kind = V1ConfigMap.KubeKind,
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = @namespace,
            Name = ConfigMapName,
            Annotations = new Dictionary<string, string> { [DescriptionKey] = Description },
        },
        Data = DataOf(pem),
    };

    private static Dictionary<string, string> DataOf(string pem) => new() { [Key] = pem };
}
