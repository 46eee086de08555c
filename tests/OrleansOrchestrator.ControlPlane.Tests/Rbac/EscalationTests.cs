using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

/// <summary>Nobody grants more than they have, unless they may <c>escalate</c> or <c>bind</c>.</summary>
public sealed class EscalationTests(SharedSilo shared) : IAsyncLifetime
{
    private const string Group = "rbac.authorization.k8s.io";

    private string _space = "";

    private ApiUser Api => shared.Api;

    private WriteOptions Jane => new() { User = new UserInfo($"jane-{_space}", ["dev", WellKnownGroups.Authenticated]) };

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Role_WithMoreThanItsWriterHas_IsRefusedInTheWordsOfKubernetes()
    {
        await GrantAsync("get | pods", "create,update |rbac| roles,rolebindings");
        (await Api.CreateAsync(Role("mine", "get | pods"), Jane)).Rules.ShouldHaveSingleItem();

        var refused = await RefusedAsync(() => Api.CreateAsync(Role("more", "get,list | pods,secrets"), Jane));
        refused.ShouldBe(
            $"roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane-{_space}\" (groups=[\"dev\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
            + "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}");

        var mine = await Api.GetAsync<V1Role>(_space, "mine");
        mine.Rules = Rules("* | pods");
        (await RefusedAsync(() => Api.UpdateAsync(mine, options: Jane))).ShouldContain("{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"*\"]}");
    }

    [Fact]
    public async Task Role_OfWhoMayEscalate_IsWritten()
    {
        await GrantAsync("escalate,create,update |rbac| roles");
        (await Api.CreateAsync(Role("more", "* | secrets"), Jane)).Rules.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Binding_OfARoleThatGrantsMore_IsRefused_UnlessItMayBeBound()
    {
        await GrantAsync("get | pods", "create,update |rbac| rolebindings");
        await Api.CreateAsync(Role("less", "get | pods"));
        await Api.CreateAsync(Role("more", "get | secrets"));
        await Api.CreateAsync(Binding("less", "Role", "less"), Jane);

        (await RefusedAsync(() => Api.CreateAsync(Binding("more", "Role", "more"), Jane))).ShouldContain("is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}");
        (await RefusedAsync(() => Api.CreateAsync(Binding("boss", "ClusterRole", "cluster-admin"), Jane))).ShouldContain("{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}");
        (await Should.ThrowAsync<ApiException>(() => Api.CreateAsync(Binding("none", "Role", "none"), Jane))).Code.ShouldBe(404);

        await GrantAsync("get | pods", "create,update |rbac| rolebindings", "bind |rbac| roles more");
        await Api.CreateAsync(Binding("more", "Role", "more"), Jane);
    }

    [Fact]
    public async Task Binding_OfWhatItsWriterHas_MayGetSubjectsButNoOtherRole()
    {
        await GrantAsync("get | pods", "create,update |rbac| rolebindings");
        await Api.CreateAsync(Role("less", "get | pods"));
        var binding = await Api.CreateAsync(Binding("less", "Role", "less"), Jane);
        binding.Subjects = [.. binding.Subjects, new Rbacv1Subject { Kind = "Group", Name = "ops", ApiGroup = Group }];
        binding = await Api.UpdateAsync(binding, options: Jane);

        binding.RoleRef.Name = "other";
        (await Should.ThrowAsync<ApiException>(() => Api.UpdateAsync(binding))).Message.ShouldContain("cannot change roleRef");
    }

    [Fact]
    public async Task Update_OfFinalizersAlone_GrantsNothing()
    {
        await GrantAsync("update |rbac| roles");
        var role = Role("more", "* | secrets");
        role.Metadata.Finalizers = ["example.com/wait"];
        role = await Api.CreateAsync(role);
        role.Metadata.Finalizers = null;
        role = await Api.UpdateAsync(role, options: Jane);

        role.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
        await RefusedAsync(() => Api.UpdateAsync(role, options: Jane));
    }

    [Fact]
    public async Task AggregationRule_IsForWhoMayDoEverything()
    {
        var name = $"all-{_space}";
        await Api.CreateAsync(new V1ClusterRole { Metadata = new V1ObjectMeta { Name = name }, Rules = Rules("create |rbac| clusterroles") });
        await Api.CreateAsync(new V1ClusterRoleBinding
        {
            Metadata = new V1ObjectMeta { Name = name },
            RoleRef = new V1RoleRef { ApiGroup = Group, Kind = "ClusterRole", Name = name },
            Subjects = [new Rbacv1Subject { Kind = "User", Name = Jane.User.Name, ApiGroup = Group }],
        });

        var role = new V1ClusterRole
        {
            Metadata = new V1ObjectMeta { Name = $"collects-{_space}" },
            AggregationRule = new V1AggregationRule { ClusterRoleSelectors = [new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["a"] = "b" } }] },
        };
        (await RefusedAsync(() => Api.CreateAsync(role, Jane))).ShouldEndWith("must have cluster-admin privileges to use the aggregationRule");
    }

    [Fact]
    public async Task Certificate_IsApprovedAndSignedByWhoMayForItsSigner()
    {
        var request = await Api.CreateAsync(new V1CertificateSigningRequest
        {
            Metadata = new V1ObjectMeta { Name = $"csr-{_space}" },
            Spec = new V1CertificateSigningRequestSpec { Request = CertificateRequests.Of("CN=jane"), SignerName = "example.com/signer", Usages = ["client auth"] },
        });
        request.Status = new V1CertificateSigningRequestStatus { Conditions = [new V1CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "Test" }] };
        (await RefusedAsync(() => Api.UpdateAsync(request, "approval", Jane))).ShouldEndWith("user not permitted to approve requests with signerName \"example.com/signer\"");

        var name = $"signers-{_space}";
        await Api.CreateAsync(new V1ClusterRole { Metadata = new V1ObjectMeta { Name = name }, Rules = Rules("approve |certificates.k8s.io| signers example.com/*") });
        await Api.CreateAsync(new V1ClusterRoleBinding
        {
            Metadata = new V1ObjectMeta { Name = name },
            RoleRef = new V1RoleRef { ApiGroup = Group, Kind = "ClusterRole", Name = name },
            Subjects = [new Rbacv1Subject { Kind = "User", Name = Jane.User.Name, ApiGroup = Group }],
        });
        request = await Api.UpdateAsync(request, "approval", Jane);

        request.Status.Conditions.Add(new V1CertificateSigningRequestCondition { Type = "Failed", Status = "True", Reason = "Test" });
        (await RefusedAsync(() => Api.UpdateAsync(request, "status", Jane))).ShouldEndWith("user not permitted to sign requests with signerName \"example.com/signer\"");
    }

    private static async Task<string> RefusedAsync(Func<Task> write)
    {
        var refused = await Should.ThrowAsync<ApiException>(write);
        refused.Code.ShouldBe(403);
        return refused.Message;
    }

    /// <summary>Gives Jane a role with these rules in the namespace, in place of an earlier one.</summary>
    private async Task GrantAsync(params string[] rules)
    {
        if (await Api.FindAsync<V1Role>(_space, "janes") is { } known)
        {
            known.Rules = Rules(rules);
            await Api.UpdateAsync(known);
            return;
        }

        await Api.CreateAsync(Role("janes", rules));
        await Api.CreateAsync(Binding("janes", "Role", "janes"));
    }

    private V1Role Role(string name, params string[] rules) => new() { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space }, Rules = Rules(rules) };

    private V1RoleBinding Binding(string name, string kind, string role) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space },
        RoleRef = new V1RoleRef { ApiGroup = Group, Kind = kind, Name = role },
        Subjects = [new Rbacv1Subject { Kind = "User", Name = Jane.User.Name, ApiGroup = Group }],
    };

    /// <summary>Rules of lines <c>VERBS |GROUP| RESOURCES NAMES</c>.</summary>
    private static List<V1PolicyRule> Rules(params string[] lines) => [.. lines.Select(line =>
    {
        var parts = line.Split('|');
        var group = parts.Length == 3 ? parts[1] : "";
        var rest = parts[^1].Trim().Split(' ');
        return new V1PolicyRule
        {
            Verbs = parts[0].Trim().Split(','), ApiGroups = [group == "rbac" ? Group : group], Resources = rest[0].Split(','), ResourceNames = rest.Length > 1 ? rest[1].Split(',') : null,
        };
    })];
}
