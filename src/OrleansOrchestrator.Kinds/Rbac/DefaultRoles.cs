using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using static OrleansOrchestrator.Kinds.Rbac.RoleTable;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>The roles and bindings that every cluster has. Silos complete them when they start.</summary>
/// <remarks>
/// As k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy, without roles of parts that this cluster does not have
/// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
/// </remarks>
public static class DefaultRoles
{
    /// <summary>The annotation that is <c>false</c> on roles and bindings that silos must not complete.</summary>
    public const string AutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

    /// <summary>The label of the default roles and bindings.</summary>
    public const string Bootstrapping = "kubernetes.io/bootstrapping";

    private const string Aggregate = "rbac.authorization.k8s.io/aggregate-to-";
    private const string Workloads = "daemonsets,deployments,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale";
    private const string WorkloadStatuses = "daemonsets/status,deployments/status,replicasets/status,statefulsets/status";
    private const string Streams = "pods/attach,pods/exec,pods/portforward,pods/proxy";
    private const string Reviews = "create authorization.k8s.io subjectaccessreviews";
    private const string TokenReviews = "create authentication.k8s.io tokenreviews";
    private const string RecordEvents = "create,patch,update core,events.k8s.io events";

    /// <summary>The roles in the whole cluster.</summary>
    public static IReadOnlyList<V1ClusterRole> ClusterRoles()
    {
        IReadOnlyList<V1ClusterRole> roles = [.. ForUsers(), .. ForComponents(), .. ForControllers()];
        foreach (var role in roles)
            Mark(role.Metadata);
        // So that they allow what they should before the controller has looked at them, and it finds nothing to do.
        foreach (var name in new[] { "view", "edit", "admin" })
        {
            var whole = roles.Single(role => role.Metadata.Name == name);
            whole.Rules =
            [
                .. roles.Where(part => part.Metadata.Labels.ContainsKey(Aggregate + name)).OrderBy(part => part.Metadata.Name, StringComparer.Ordinal)
                    .SelectMany(part => part.Rules).DistinctBy(rule => JsonSerializer.Serialize(rule, ObjectCodec.Options), StringComparer.Ordinal),
            ];
        }

        return roles;
    }

    /// <summary>The grants in the whole cluster.</summary>
    public static IReadOnlyList<V1ClusterRoleBinding> ClusterRoleBindings() => Marked(
    [
        ClusterRoleBinding("cluster-admin", "cluster-admin", "Group:system:masters"),
        ClusterRoleBinding("system:discovery", "system:discovery", "Group:system:authenticated"),
        ClusterRoleBinding("system:basic-user", "system:basic-user", "Group:system:authenticated"),
        ClusterRoleBinding("system:public-info-viewer", "system:public-info-viewer", "Group:system:authenticated", "Group:system:unauthenticated"),
        ClusterRoleBinding("system:monitoring", "system:monitoring", "Group:system:monitoring"),
        ClusterRoleBinding("system:node", "system:node"),
        ClusterRoleBinding("system:node-proxier", "system:node-proxier", "User:system:kube-proxy"),
        ClusterRoleBinding("system:kube-controller-manager", "system:kube-controller-manager", "User:system:kube-controller-manager"),
        ClusterRoleBinding("system:kube-dns", "system:kube-dns", "ServiceAccount:kube-system/kube-dns"),
        ClusterRoleBinding("system:kube-scheduler", "system:kube-scheduler", "User:system:kube-scheduler"),
        ClusterRoleBinding("system:volume-scheduler", "system:volume-scheduler", "User:system:kube-scheduler"),
        ClusterRoleBinding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", "Group:system:serviceaccounts"),
        .. ForControllers().Select(role => ClusterRoleBinding(
            role.Metadata.Name, role.Metadata.Name, $"ServiceAccount:kube-system/{role.Metadata.Name["system:controller:".Length..]}")),
    ]);

    /// <summary>The roles in namespaces.</summary>
    public static IReadOnlyList<V1Role> Roles() => Marked(
    [
        Role("kube-system", "extension-apiserver-authentication-reader", "read core configmaps extension-apiserver-authentication"),
    ]);

    /// <summary>The grants in namespaces.</summary>
    public static IReadOnlyList<V1RoleBinding> RoleBindings() => Marked(
    [
        RoleBinding("kube-system", "system::extension-apiserver-authentication-reader", "extension-apiserver-authentication-reader",
            "User:system:kube-controller-manager", "User:system:kube-scheduler"),
    ]);

    private static IEnumerable<V1ClusterRole> ForUsers() =>
    [
        ClusterRole("cluster-admin", "* * *", "* *"),
        Whole("admin", []),
        Whole("edit", ["admin"]),
        Whole("view", ["edit"]),
        Part("system:aggregate-to-admin", ["admin"],
            "create authorization.k8s.io localsubjectaccessreviews",
            "read,write rbac.authorization.k8s.io rolebindings,roles"),
        Part("system:aggregate-to-edit", ["edit"],
            $"read core {Streams},secrets,services/proxy",
            "impersonate core serviceaccounts",
            $"write core pods,{Streams}",
            "create core pods/eviction,serviceaccounts/token",
            "write core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy",
            $"write apps deployments/rollback,{Workloads}",
            "write autoscaling horizontalpodautoscalers",
            "write batch cronjobs,jobs",
            "write policy poddisruptionbudgets",
            "write networking.k8s.io ingresses,networkpolicies",
            "read,write coordination.k8s.io leases"),
        Part("system:aggregate-to-view", ["view"],
            "read core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status",
            "read core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status",
            "read core namespaces",
            "read discovery.k8s.io endpointslices",
            $"read apps controllerrevisions,{Workloads},{WorkloadStatuses}",
            "read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status",
            "read batch cronjobs,cronjobs/status,jobs,jobs/status",
            "read policy poddisruptionbudgets,poddisruptionbudgets/status",
            "read networking.k8s.io ingresses,ingresses/status,networkpolicies"),
        // In Kubernetes it comes with the metrics server, which is built in here.
        Part("system:aggregated-metrics-reader", ["admin", "edit", "view"], "read metrics.k8s.io nodes,pods"),
        ClusterRole("system:discovery", "get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/"),
        ClusterRole("system:public-info-viewer", "get /healthz,/livez,/readyz,/version,/version/"),
        ClusterRole("system:basic-user",
            "create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews",
            "create authentication.k8s.io selfsubjectreviews"),
        ClusterRole("system:monitoring", "get /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*"),
        ClusterRole("system:service-account-issuer-discovery", "get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/"),
    ];

    private static IEnumerable<V1ClusterRole> ForComponents() =>
    [
        ClusterRole("system:auth-delegator", TokenReviews, Reviews),
        ClusterRole("system:node-bootstrapper", "create,read certificates.k8s.io certificatesigningrequests"),
        ClusterRole("system:certificates.k8s.io:certificatesigningrequests:nodeclient", "create certificates.k8s.io certificatesigningrequests/nodeclient"),
        ClusterRole("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "create certificates.k8s.io certificatesigningrequests/selfnodeclient"),
        ClusterRole("system:certificates.k8s.io:kube-apiserver-client-approver", "approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client"),
        ClusterRole("system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", "approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet"),
        ClusterRole("system:certificates.k8s.io:kubelet-serving-approver", "approve certificates.k8s.io signers kubernetes.io/kubelet-serving"),
        ClusterRole("system:certificates.k8s.io:legacy-unknown-approver", "approve certificates.k8s.io signers kubernetes.io/legacy-unknown"),
        ClusterRole("system:kubelet-api-admin", "read core nodes", "proxy core nodes", "* core nodes/log,nodes/metrics,nodes/proxy,nodes/stats"),
        ClusterRole("system:kube-aggregator", "read core endpoints,services"),
        ClusterRole("system:kube-dns", "list,watch core endpoints,services", "list,watch discovery.k8s.io endpointslices"),
        ClusterRole("system:node-proxier", "list,watch core endpoints,services", "read core nodes", RecordEvents, "list,watch discovery.k8s.io endpointslices",
            "list,watch networking.k8s.io servicecidrs"),
        ClusterRole("system:node-problem-detector", "get core nodes", "patch core nodes/status", RecordEvents),
        ClusterRole("system:persistent-volume-provisioner", "create,delete,read core persistentvolumes", "read,update core persistentvolumeclaims",
            "read storage.k8s.io storageclasses", "watch core events", RecordEvents),
        ClusterRole("system:kube-scheduler", RecordEvents, "create coordination.k8s.io leases", "get,list,update,watch coordination.k8s.io leases kube-scheduler",
            "read core nodes", "delete,read core pods", "create core bindings,pods/binding", "patch,update core pods/status",
            "read core replicationcontrollers,services", "read apps replicasets,statefulsets", "read policy poddisruptionbudgets",
            "read core persistentvolumeclaims,persistentvolumes", TokenReviews, Reviews, "read storage.k8s.io csidrivers,csinodes,csistoragecapacities",
            "read core namespaces"),
        ClusterRole("system:volume-scheduler", "patch,read,update core persistentvolumes", "read storage.k8s.io storageclasses",
            "patch,read,update core persistentvolumeclaims"),
        ClusterRole("system:kube-controller-manager", RecordEvents, "create coordination.k8s.io leases",
            "get,update coordination.k8s.io leases kube-controller-manager", "create,get,update core secrets,serviceaccounts", "delete core secrets",
            "get core configmaps,namespaces", TokenReviews, Reviews, "list,watch * *", "create core serviceaccounts/token"),
        // Its binding has no subjects: the node authorizer decides about nodes, by their pods.
        ClusterRole("system:node", TokenReviews, "create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews", "read core services",
            "create,patch,read,update core nodes", "patch,update core nodes/status", "create,patch,update core events", "create,delete,read core pods",
            "patch,update core pods/status", "create core pods/eviction", "read core configmaps,secrets", "get core persistentvolumeclaims,persistentvolumes",
            "get core endpoints", "create,read certificates.k8s.io certificatesigningrequests", "create,delete,get,patch,update coordination.k8s.io leases",
            "get storage.k8s.io volumeattachments", "create core serviceaccounts/token", "get,patch,update core persistentvolumeclaims/status",
            "read storage.k8s.io csidrivers", "create,delete,get,patch,update storage.k8s.io csinodes", "read node.k8s.io runtimeclasses"),
    ];

    /// <summary>The roles of controllers, named after their service accounts: those whose writes admission judges by their permissions, and the autoscaler,
    /// whose reads aggregated servers judge.</summary>
    private static IEnumerable<V1ClusterRole> ForControllers() =>
    [
        ClusterRole("system:controller:clusterrole-aggregation-controller", "escalate,patch,read,update rbac.authorization.k8s.io clusterroles"),
        ClusterRole("system:controller:horizontal-pod-autoscaler",
            "read autoscaling horizontalpodautoscalers", "update autoscaling horizontalpodautoscalers/status", "get,update * */scale", "list core pods",
            "list metrics.k8s.io pods", "get,list custom.metrics.k8s.io *", "get,list external.metrics.k8s.io *", RecordEvents),
        ClusterRole("system:controller:certificate-controller",
            "delete,read certificates.k8s.io certificatesigningrequests",
            "update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status",
            "approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet",
            "sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown",
            Reviews,
            RecordEvents),
    ];

    /// <summary>A role that is made of the parts with its label, and is part of others.</summary>
    private static V1ClusterRole Whole(string name, string[] partOf)
    {
        var role = Part(name, partOf);
        role.AggregationRule = new V1AggregationRule
        {
            ClusterRoleSelectors = [new V1LabelSelector { MatchLabels = new Dictionary<string, string> { [Aggregate + name] = "true" } }],
        };
        return role;
    }

    private static V1ClusterRole Part(string name, string[] partOf, params IEnumerable<string> lines)
    {
        var role = ClusterRole(name, lines);
        role.Metadata.Labels = partOf.ToDictionary(whole => Aggregate + whole, _ => "true");
        return role;
    }

    private static List<T> Marked<T>(List<T> objects)
        where T : class, KubeObject
    {
        objects.ForEach(obj => Mark(obj.Metadata));
        return objects;
    }

    private static void Mark(V1ObjectMeta metadata)
    {
        metadata.Annotations = new Dictionary<string, string> { [AutoUpdate] = "true" };
        metadata.Labels = new Dictionary<string, string>(metadata.Labels ?? new Dictionary<string, string>()) { [Bootstrapping] = "rbac-defaults" };
    }
}
