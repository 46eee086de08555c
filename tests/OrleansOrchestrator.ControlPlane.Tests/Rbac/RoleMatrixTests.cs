using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

/// <summary>Every verb on every kind and subresource, for users with the default roles in one namespace, against what the documentation of Kubernetes says of them.</summary>
public sealed class RoleMatrixTests
{
    private static readonly string[] Reading = ["get", "list", "watch"];
    private static readonly string[] Writing = ["create", "update", "patch", "delete", "deletecollection"];
    private static readonly string[] Others = ["escalate", "bind", "impersonate", "approve", "use"];

    private static readonly string[] Parts =
        ["", "status", "scale", "log", "exec", "attach", "portforward", "proxy", "eviction", "binding", "ephemeralcontainers", "resize", "token", "approval", "finalize", "nodeclient"];

    // What people who work in a namespace work with. All of them are read and written, apart from what is said below.
    private static readonly HashSet<string> Work =
    [
        "/configmaps", "/persistentvolumeclaims", "/pods", "/replicationcontrollers", "/serviceaccounts", "/services", "apps/daemonsets", "apps/deployments", "apps/replicasets",
        "apps/statefulsets", "autoscaling/horizontalpodautoscalers", "batch/cronjobs", "batch/jobs", "policy/poddisruptionbudgets", "networking.k8s.io/ingresses",
        "networking.k8s.io/networkpolicies",
    ];

    // What the cluster says about a namespace: to be read.
    private static readonly HashSet<string> Facts =
    [
        "/endpoints", "/bindings", "/events", "/limitranges", "/resourcequotas", "/namespaces", "apps/controllerrevisions", "discovery.k8s.io/endpointslices", "metrics.k8s.io/pods",
        "metrics.k8s.io/nodes",
    ];

    private static readonly HashSet<string> Scaled = ["/replicationcontrollers", "apps/deployments", "apps/replicasets", "apps/statefulsets"];

    private static readonly HashSet<string> WithoutReadableStatus =
        ["/configmaps", "/serviceaccounts", "/endpoints", "/bindings", "/events", "/limitranges", "apps/controllerrevisions", "discovery.k8s.io/endpointslices", "networking.k8s.io/networkpolicies", "metrics.k8s.io/pods", "metrics.k8s.io/nodes"];

    private readonly RbacIndex _index = new();

    public RoleMatrixTests()
    {
        _index.SetRoles(namespaced: false, [.. DefaultRoles.ClusterRoles().Select(role => KeyValuePair.Create(new ObjectKey("", role.Metadata.Name), new CompiledRules(role.Rules)))]);
        foreach (var role in new[] { "view", "edit", "admin", "cluster-admin" })
            _index.SetBinding(new ObjectKey("team", role), new V1RoleRef { Kind = "ClusterRole", Name = role }, [new Rbacv1Subject { Kind = "User", Name = role }]);
        _index.SetBinding(new ObjectKey("", "boss"), new V1RoleRef { Kind = "ClusterRole", Name = "cluster-admin" }, [new Rbacv1Subject { Kind = "User", Name = "boss" }]);
    }

    [Fact]
    public void DefaultRoles_AllowExactlyWhatTheyAreFor()
    {
        var wrong = new List<string>();
        var asked = 0;
        foreach (var (group, plural) in BuiltInKinds.Registry.All.Select(kind => (kind.Group, kind.Plural)).Append(("authorization.k8s.io", "localsubjectaccessreviews")))
        {
            foreach (var part in Parts)
            {
                foreach (var verb in Reading.Concat(Writing).Concat(Others))
                {
                    foreach (var role in new[] { "none", "view", "edit", "admin", "cluster-admin", "boss" })
                    {
                        foreach (var space in new[] { "team", "other", "" })
                        {
                            asked++;
                            var access = new AccessAttributes { IsResource = true, Verb = verb, Group = group, Resource = plural, Subresource = part, Namespace = space };
                            var expected = role == "boss" || (space == "team" && Expected(role, verb, $"{group}/{plural}", part));
                            if (_index.Decide(new UserInfo(role, []), access).IsAllowed != expected)
                                wrong.Add($"{role} {verb} {group}/{plural}/{part} in '{space}' should be {(expected ? "allowed" : "refused")}");
                        }
                    }
                }
            }
        }

        wrong.ShouldBeEmpty();
        asked.ShouldBeGreaterThan(100_000);
    }

    private static bool Expected(string role, string verb, string kind, string part) => role switch
    {
        "view" => Views(verb, kind, part),
        "edit" => Views(verb, kind, part) || Edits(verb, kind, part),
        "admin" => Views(verb, kind, part) || Edits(verb, kind, part) || Administers(verb, kind, part),
        "cluster-admin" => true,
        _ => false,
    };

    private static bool Views(string verb, string kind, string part) => Reading.Contains(verb) && part switch
    {
        "" => Work.Contains(kind) || Facts.Contains(kind),
        "status" => (Work.Contains(kind) || Facts.Contains(kind)) && !WithoutReadableStatus.Contains(kind),
        "scale" => Scaled.Contains(kind),
        "log" => kind == "/pods",
        _ => false,
    };

    private static bool Edits(string verb, string kind, string part) => (verb, kind, part) switch
    {
        ("impersonate", "/serviceaccounts", "") => true,
        ("create", "/pods", "eviction") or ("create", "/serviceaccounts", "token") => true,
        (_, "/secrets" or "coordination.k8s.io/leases", "") => Reading.Contains(verb) || Writing.Contains(verb),
        (_, "/pods", "exec" or "attach" or "portforward" or "proxy") or (_, "/services", "proxy") => Reading.Contains(verb) || Writing.Contains(verb),
        (_, "/events", "") => Writing.Contains(verb),
        (_, _, "") => Work.Contains(kind) && Writing.Contains(verb),
        (_, _, "scale") => Scaled.Contains(kind) && Writing.Contains(verb),
        _ => false,
    };

    private static bool Administers(string verb, string kind, string part) => (kind, part) switch
    {
        ("rbac.authorization.k8s.io/roles" or "rbac.authorization.k8s.io/rolebindings", "") => Reading.Contains(verb) || Writing.Contains(verb),
        ("authorization.k8s.io/localsubjectaccessreviews", "") => verb == "create",
        _ => false,
    };
}
