using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

/// <summary>Roles and bindings as people make them with kubectl, and what they then may do.</summary>
public sealed class AccessTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task ServiceAccount_WithARole_DoesWhatItSays_AndNoMore()
    {
        await RunAsync("create", "serviceaccount", "robot");
        await RunAsync("create", "role", "reader", "--verb=get,list", "--resource=pods,pods/log");
        await RunAsync("create", "rolebinding", "readers", "--role=reader", $"--serviceaccount={UniqueName}:robot");
        var token = (await RunAsync("create", "token", "robot")).Output.Trim();

        (await AsTokenAsync(token, "get", "pods")).ExitCode.ShouldBe(0);
        (await AsTokenAsync(token, "auth", "can-i", "list", "pods")).Output.Trim().ShouldBe("yes");
        (await AsTokenAsync(token, "auth", "can-i", "get", "pods", "--subresource=log")).Output.Trim().ShouldBe("yes");
        (await AsTokenAsync(token, "auth", "can-i", "watch", "pods")).Output.Trim().ShouldStartWith("no");
        (await AsTokenAsync(token, "auth", "can-i", "list", "pods", "-A")).Output.Trim().ShouldStartWith("no");
        (await AsTokenAsync(token, "auth", "can-i", "--list")).Output.ShouldMatch(@"pods\s+\[\]\s+\[\]\s+\[get list\]");
        (await AsTokenAsync(token, "auth", "whoami")).Output.ShouldContain($"system:serviceaccount:{UniqueName}:robot");
        (await AsTokenAsync(token, "get", "secrets")).Errors.ShouldContain(
            $"secrets is forbidden: User \"system:serviceaccount:{UniqueName}:robot\" cannot list resource \"secrets\" in API group \"\" in the namespace \"{UniqueName}\"");
        (await AsTokenAsync(token, "delete", "pod", "any")).Errors.ShouldContain("cannot delete resource \"pods\"");
        (await AsTokenAsync(token, "get", "pods", "--as", "somebody")).Errors.ShouldContain("cannot impersonate resource \"users\"");

        await RunAsync("delete", "rolebinding", "readers");
        (await AsTokenAsync(token, "get", "pods")).Errors.ShouldContain("forbidden");
    }

    [Fact]
    public async Task User_WhoAdministersANamespace_WorksInIt_AndGrantsNoMoreThanThat()
    {
        var (admin, viewer) = ($"admin-of-{UniqueName}", $"viewer-of-{UniqueName}");
        await RunAsync("create", "rolebinding", "admins", "--clusterrole=admin", $"--user={admin}");
        await RunAsync("create", "configmap", "settings", "--from-literal=a=b", "--as", admin);
        await RunAsync("create", "rolebinding", "viewers", "--clusterrole=view", $"--user={viewer}", "--as", admin);
        await RunAsync("get", "configmaps", "--as", viewer);
        await RunAsync("get", "namespace", UniqueName, "--as", viewer);
        (await TryAsync("get", "secrets", "--as", viewer)).Errors.ShouldContain("forbidden");
        (await TryAsync("delete", "configmap", "settings", "--as", viewer)).Errors.ShouldContain("forbidden");

        (await TryAsync("create", "rolebinding", "bosses", "--clusterrole=cluster-admin", $"--user={admin}", "--as", admin)).Errors
            .ShouldContain("is attempting to grant RBAC permissions not currently held");
        (await TryAsync("create", "role", "more", "--verb=get", "--resource=resourcequotas,nodes", "--as", admin)).Errors
            .ShouldContain("{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}");
        (await TryAsync("get", "nodes", "--as", admin)).Errors.ShouldContain("at the cluster scope");
        (await TryAsync("get", "configmaps", "--as", admin, "-n", "kube-system")).Errors.ShouldContain("in the namespace \"kube-system\"");
        (await TryAsync("get", "--raw", $"/api/v1/namespaces/{UniqueName}/namespaces/kube-system", "--as", admin)).ExitCode.ShouldBe(1, "a namespace is in no other");
    }

    [Theory]
    [InlineData("patch", "configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"}}""", "apply", "--server-side", "-f", "-")]
    [InlineData("update", "leases", """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"new"}}""", "replace", "-f", "-", "--raw", "/apis/coordination.k8s.io/v1/namespaces/{0}/leases/new")]
    public async Task User_WhoMayChangeObjects_CreatesNoneByThat(string verb, string resource, string manifest, params string[] command)
    {
        var user = $"{verb}-of-{UniqueName}";
        await RunAsync("create", "role", "changes", $"--verb=get,{verb}", $"--resource={resource}");
        await RunAsync("create", "rolebinding", "changes", "--role=changes", $"--user={user}");
        string[] change = [.. command.Select(word => string.Format(null, word, UniqueName)), "-n", UniqueName, "--as", user];

        (await Kubectl.TryWithInputAsync(manifest, change)).Errors.ShouldContain($"cannot create resource \"{resource}\"");

        await RunAsync("create", "role", "creates", "--verb=create", $"--resource={resource}");
        await RunAsync("create", "rolebinding", "creates", "--role=creates", $"--user={user}");
        (await Kubectl.TryWithInputAsync(manifest, change)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task AuthReconcile_AddsWhatIsMissing()
    {
        // kubectl wants the namespace in the manifest.
        var role = $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: reconciled, namespace: {{UniqueName}}}
            rules:
            - {apiGroups: [""], resources: [pods], verbs: [get, list]}
            """;
        (await Kubectl.RunWithInputAsync(role, "auth", "reconcile", "-f", "-")).Output.ShouldContain("role.rbac.authorization.k8s.io/reconciled reconciled");
        await RunAsync("patch", "role", "reconciled", "--type=json", "-p", """[{"op":"replace","path":"/rules/0/verbs","value":["get"]}]""");
        await Kubectl.RunWithInputAsync(role, "auth", "reconcile", "-f", "-");
        (await RunAsync("get", "role", "reconciled", "-o", "jsonpath={.rules[*].verbs}")).Output.ShouldContain("list");
    }

    [Fact]
    public async Task ClusterRole_CreatedWithKubectl_HoldsInAllNamespaces()
    {
        var name = $"nodes-{UniqueName}";
        AtEnd(() => Kubectl.TryAsync("delete", "clusterrole,clusterrolebinding", name));
        await RunAsync("create", "clusterrole", name, "--verb=get,list,watch", "--resource=nodes");
        await RunAsync("create", "clusterrole", $"{name}-paths", "--verb=get", "--non-resource-url=/metrics");
        AtEnd(() => Kubectl.TryAsync("delete", "clusterrole", $"{name}-paths"));
        await RunAsync("create", "clusterrolebinding", name, $"--clusterrole={name}", $"--group={name}");
        (await RunAsync("get", "nodes", "--as", "jane", "--as-group", name)).ExitCode.ShouldBe(0);
        (await TryAsync("auth", "can-i", "get", "/metrics", "--as", "jane", "--as-group", name)).Output.Trim().ShouldStartWith("no");
        (await TryAsync("get", "nodes", "--as", "jane")).Errors.ShouldContain("forbidden");
    }

    [Fact]
    public async Task User_WithACertificateOfTheCluster_IsKnownByNameAndGroups()
    {
        var made = await OrchestratorProgram.RunAsync(["user", "create", "jane", "--group", UniqueName, "--group", "dev", "--ttl", "1h", "--kubeconfig", Cluster.Member.KubeConfig]);
        made.ExitCode.ShouldBe(0, made.ToString());
        var scratch = NewScratch();
        await File.WriteAllTextAsync(scratch.At("jane.yaml"), made.Output, Cancelled);
        var jane = new Kubectl(scratch.At("jane.yaml"), scratch.At("home"));

        (await jane.RunAsync("auth", "whoami", "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups}")).Output.ShouldBe($"jane [\"{UniqueName}\",\"dev\",\"system:authenticated\"]");
        (await jane.TryAsync("-n", UniqueName, "get", "pods")).Errors.ShouldContain("User \"jane\" cannot list resource \"pods\"");
        await RunAsync("create", "rolebinding", "team", "--clusterrole=view", $"--group={UniqueName}");
        await jane.RunAsync("-n", UniqueName, "get", "pods");

        var refused = await OrchestratorProgram.RunAsync(["user", "create", "boss", "--group", "system:masters", "--kubeconfig", Cluster.Member.KubeConfig]);
        (refused.ExitCode, refused.Errors).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(1), result => result.Errors.ShouldContain("system:masters group is not allowed"));
    }

    private Task<CommandResult> AsTokenAsync(string token, params string[] arguments) => TryAsync(["--token", token, .. arguments]);
}
