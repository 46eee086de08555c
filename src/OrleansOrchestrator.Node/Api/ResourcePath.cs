using k8s.Models;

namespace OrleansOrchestrator.Node.Api;

/// <summary>Relative URLs of the resources that the node daemon uses.</summary>
internal static class ResourcePath
{
    public const string Pods = "api/v1/pods";
    public const string Services = "api/v1/services";
    public const string EndpointSlices = "apis/discovery.k8s.io/v1/endpointslices";
    public const string ApiEndpoints = "api/v1/namespaces/default/endpoints";
    public const string Nodes = "api/v1/nodes";
    public const string PersistentVolumes = "api/v1/persistentvolumes";
    public const string SystemNamespace = "api/v1/namespaces/kube-system";
    public const string NodeLeaseNamespace = "kube-node-lease";
    public const string NodeLeases = $"apis/coordination.k8s.io/v1/namespaces/{NodeLeaseNamespace}/leases";

    public const string CertificateSigningRequests = "apis/certificates.k8s.io/v1/certificatesigningrequests";
    public const string ClusterInfo = "api/v1/namespaces/kube-public/configmaps/cluster-info";

    public static string CertificateSigningRequest(string name) => $"{CertificateSigningRequests}/{Escape(name)}";

    public static string Pod(string ns, string name) => Namespaced(ns, "pods", name);

    public static string PodsOf(string ns) => $"api/v1/namespaces/{Escape(ns)}/pods";

    public static string Of(V1Pod pod) => Pod(pod.Metadata.NamespaceProperty, pod.Metadata.Name);

    public static string PodStatus(string ns, string name) => Pod(ns, name) + "/status";

    public static string ConfigMap(string ns, string name) => Namespaced(ns, "configmaps", name);

    public static string Secret(string ns, string name) => Namespaced(ns, "secrets", name);

    public static string RuntimeClass(string name) => $"apis/node.k8s.io/v1/runtimeclasses/{Escape(name)}";

    public static string ServiceAccountToken(string ns, string name) => Namespaced(ns, "serviceaccounts", name) + "/token";

    public static string PersistentVolumeClaim(string ns, string name) => Namespaced(ns, "persistentvolumeclaims", name);

    public static string PersistentVolume(string name) => $"{PersistentVolumes}/{Escape(name)}";

    public static string Events(string ns) => $"api/v1/namespaces/{Escape(ns)}/events";

    public static string Event(string ns, string name) => $"{Events(ns)}/{Escape(name)}";

    public static string Node(string name) => $"{Nodes}/{Escape(name)}";

    public static string NodeStatus(string name) => Node(name) + "/status";

    public static string NodeLease(string name) => $"{NodeLeases}/{Escape(name)}";

    private static string Namespaced(string ns, string plural, string name) =>
        $"api/v1/namespaces/{Escape(ns)}/{plural}/{Escape(name)}";

    private static string Escape(string segment) => Uri.EscapeDataString(segment);
}
