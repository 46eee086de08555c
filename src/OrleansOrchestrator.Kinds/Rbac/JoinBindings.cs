using k8s.Models;
using static OrleansOrchestrator.Kinds.Rbac.RoleTable;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>
/// What a new cluster allows machines that join it, and the group of its administrators. The cluster gets them once: whoever removes one
/// afterwards does not want it.
/// </summary>
/// <remarks>The names and subjects of kubeadm (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/). Unlike there, machines that join
/// do not read nodes.</remarks>
public static class JoinBindings
{
    private const string ClusterInfoReader = "kubeadm:bootstrap-signer-clusterinfo";
    private const string Requests = "system:certificates.k8s.io:certificatesigningrequests:";
    private const string JoiningNodes = "Group:system:bootstrappers:kubeadm:default-node-token";

    /// <summary>The roles: everybody may read how to reach the cluster and by which authority it is known.</summary>
    public static IReadOnlyList<V1Role> Roles() => [Role("kube-public", ClusterInfoReader, "get core configmaps cluster-info")];

    /// <summary>The grants in namespaces.</summary>
    public static IReadOnlyList<V1RoleBinding> RoleBindings() => [RoleBinding("kube-public", ClusterInfoReader, ClusterInfoReader, "User:system:anonymous")];

    /// <summary>The grants in the cluster: joining machines ask for certificates, which the controller approves, and nodes renew their own.</summary>
    public static IReadOnlyList<V1ClusterRoleBinding> ClusterRoleBindings() =>
    [
        ClusterRoleBinding("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", JoiningNodes),
        ClusterRoleBinding("kubeadm:node-autoapprove-bootstrap", $"{Requests}nodeclient", JoiningNodes),
        ClusterRoleBinding("kubeadm:node-autoapprove-certificate-rotation", $"{Requests}selfnodeclient", "Group:system:nodes"),
        ClusterRoleBinding("kubeadm:cluster-admins", "cluster-admin", "Group:kubeadm:cluster-admins"),
    ];
}
