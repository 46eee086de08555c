using CsCheck;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

public sealed class RbacIndexTests
{
    private static readonly UserInfo[] Users =
    [
        new("jane", []), new("jane", ["dev"]), new("joe", ["dev", "ops", "dev"]), new("system:serviceaccount:a:robot", ["ops"]), new("system:serviceaccount:b:robot", []),
    ];

    private static readonly Gen<string[]> Verb = Some("get", "list", "create", "*");

    private static readonly Gen<V1PolicyRule> Rule = Gen.OneOf(
        Gen.Select(Verb, Some("", "apps", "*"), Some("pods", "pods/log", "*/log", "*", "deployments"), Gen.OneOf(Gen.Const(Array.Empty<string>()), Some("x", "y")), (verbs, groups, resources, names) =>
            new V1PolicyRule { Verbs = verbs, ApiGroups = groups, Resources = resources, ResourceNames = names }),
        Gen.Select(Verb, Some("/a", "/a/*", "*", "/a*"), (verbs, paths) => new V1PolicyRule { Verbs = verbs, NonResourceURLs = paths }));

    private static readonly Gen<Rbacv1Subject> Subject = Pick(
        new Rbacv1Subject { Kind = "User", Name = "jane" },
        new Rbacv1Subject { Kind = "Group", Name = "dev" },
        new Rbacv1Subject { Kind = "Group", Name = "ops" },
        new Rbacv1Subject { Kind = "ServiceAccount", Name = "robot" },
        new Rbacv1Subject { Kind = "ServiceAccount", Name = "robot", NamespaceProperty = "b" });

    private static readonly Gen<ObjectKey> Key = Gen.Select(Pick("", "a", "b"), Pick("one", "two"), (space, name) => new ObjectKey(space, name));

    private static readonly Gen<AccessAttributes> Question = Gen.OneOf(
        Gen.Select(
            Pick("get", "list", "create", "watch"), Pick("", "apps", "other"), Pick("pods", "deployments", "pods/log"), Pick("", "log", "scale"),
            Pick("", "x", "z"), Pick("", "metadata.name=y"), Pick("", "a", "b"),
            (verb, group, resource, part, name, fields, space) => new AccessAttributes
            {
                IsResource = true,
                Verb = verb,
                Group = group,
                Resource = resource,
                Subresource = part,
                Name = name,
                FieldSelector = fields,
                Namespace = space,
            }),
        Gen.Select(Pick("get", "create"), Pick("/a", "/a/b", "/ab", "/b"), (verb, path) => new AccessAttributes { Verb = verb, Path = path }));

    /// <summary>A change: a role or a binding is written or deleted, or the index is filled anew.</summary>
    private sealed record Change(int Kind, ObjectKey Key, V1PolicyRule[] Rules, string RoleKind, string RoleName, Rbacv1Subject[] Subjects);

    private static readonly Gen<Change> Step = Gen.Select(
        Gen.Int[0, 9], Key, Rule.Array[0, 3], Pick("Role", "ClusterRole"), Pick("one", "two"), Subject.Array[0, 3],
        (kind, key, rules, roleKind, role, subjects) => new Change(kind, key, rules, roleKind, role, subjects));

    [Fact]
    public void Index_AfterAnyChanges_DecidesAsThePlainObjects() =>
        Gen.Select(Step.Array[1, 25], Question.Array[1, 10]).Sample((steps, questions) =>
        {
            var (index, plain) = (new RbacIndex(), new ReferenceEvaluator());
            foreach (var step in steps)
            {
                Apply(step, index, plain);
                foreach (var question in questions)
                {
                    foreach (var user in Users)
                        index.Decide(user, question).IsAllowed.ShouldBe(plain.Allows(user, question));
                }
            }

            foreach (var user in Users)
            {
                foreach (var question in questions)
                    index.RulesOf(user, question.Namespace).Rules.Any(rule => ReferenceEvaluator.Allows(rule, question)).ShouldBe(plain.Allows(user, question), "what is listed is what is allowed");
            }
        }, iter: 300);

    [Fact]
    public void Reason_NamesBindingRoleAndSubject()
    {
        var index = new RbacIndex();
        var rules = new CompiledRules([new V1PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] }]);
        index.SetRole(new ObjectKey("", "reader"), rules);
        index.SetRole(new ObjectKey("ns", "local"), rules);
        index.SetBinding(new ObjectKey("", "all"), Role("ClusterRole", "reader"), [User("jane")]);
        index.SetBinding(new ObjectKey("ns", "some"), Role("ClusterRole", "reader"), [new Rbacv1Subject { Kind = "Group", Name = "dev" }]);
        index.SetBinding(new ObjectKey("ns", "robots"), Role("Role", "local"), [new Rbacv1Subject { Kind = "ServiceAccount", Name = "robot", NamespaceProperty = "other" }]);

        Reason("jane").ShouldBe("RBAC: allowed by ClusterRoleBinding \"all\" of ClusterRole \"reader\" to User \"jane\"");
        Reason("joe", "dev").ShouldBe("RBAC: allowed by RoleBinding \"some/ns\" of ClusterRole \"reader\" to Group \"dev\"");
        Reason("system:serviceaccount:other:robot").ShouldBe("RBAC: allowed by RoleBinding \"robots/ns\" of Role \"local\" to ServiceAccount \"robot/other\"");
        Reason("joe").ShouldBe("");

        string Reason(string user, params string[] groups) => index.Decide(new UserInfo(user, groups), GetPods).Reason;
    }

    [Fact]
    public void Reason_OfARefusal_NamesRolesThatDoNotExist()
    {
        var index = new RbacIndex();
        index.SetBinding(new ObjectKey("", "all"), Role("ClusterRole", "gone"), [User("jane")]);
        index.Decide(new UserInfo("jane", []), GetPods).ShouldBe(new AuthorizationDecision(Verdict.NoOpinion, "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found"));

        index.SetBinding(new ObjectKey("ns", "some"), Role("Role", "gone"), [User("jane")]);
        index.Decide(new UserInfo("jane", []), GetPods).Reason
            .ShouldBe("RBAC: [clusterrole.rbac.authorization.k8s.io \"gone\" not found, role.rbac.authorization.k8s.io \"gone\" not found]");
    }

    [Fact]
    public async Task Decisions_WhileABindingMovesToAnotherGroup_AreAllAllowed()
    {
        var index = new RbacIndex();
        index.SetRole(new ObjectKey("", "reader"), new CompiledRules([new V1PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] }]));
        var both = new UserInfo("joe", ["dev", "ops"]);
        Put(0);
        var writer = Task.Run(
            () =>
            {
                for (var i = 1; i < 20_000; i++)
                    Put(i);
            }, TestContext.Current.CancellationToken);

        while (!writer.IsCompleted)
            index.Decide(both, GetPods).IsAllowed.ShouldBeTrue();
        await writer;

        void Put(int i) => index.SetBinding(new ObjectKey("ns", "some"), Role("ClusterRole", "reader"), [new Rbacv1Subject { Kind = "Group", Name = i % 2 == 0 ? "dev" : "ops" }]);
    }

    private static AccessAttributes GetPods => new() { IsResource = true, Verb = "get", Resource = "pods", Namespace = "ns" };

    private static V1RoleRef Role(string kind, string name) => new() { Kind = kind, Name = name };

    private static Rbacv1Subject User(string name) => new() { Kind = "User", Name = name };

    private static Gen<string[]> Some(params string[] values) => Pick(values).Array[1, 2];

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void Apply(Change step, RbacIndex index, ReferenceEvaluator plain)
    {
        switch (step.Kind)
        {
            case < 4:
                plain.Roles[step.Key] = step.Rules;
                index.SetRole(step.Key, new CompiledRules(step.Rules));
                break;
            case 4:
                plain.Roles.Remove(step.Key);
                index.SetRole(step.Key, null);
                break;
            case < 8:
                // Validation lets a binding of the cluster refer to no role of a namespace.
                var role = Role(step.Key.Namespace.Length == 0 ? "ClusterRole" : step.RoleKind, step.RoleName);
                plain.Bindings[step.Key] = (role, step.Subjects.Where(subject => step.Key.Namespace.Length > 0 || subject.Kind != "ServiceAccount" || subject.NamespaceProperty is not null).ToList());
                index.SetBinding(step.Key, role, step.Subjects);
                break;
            case 8:
                plain.Bindings.Remove(step.Key);
                index.SetBinding(step.Key, null, null);
                break;
            default:
                // A cache that is filled anew has lost one object in between.
                var namespaced = step.Key.Namespace.Length > 0;
                plain.Roles.Remove(step.Key);
                plain.Bindings.Remove(step.Key);
                index.SetRoles(namespaced, [.. plain.Roles.Where(one => Is(one.Key)).Select(one => KeyValuePair.Create(one.Key, new CompiledRules(one.Value)))]);
                index.SetBindings(namespaced, [.. plain.Bindings.Where(one => Is(one.Key)).Select(one => (one.Key, (V1RoleRef?)one.Value.Role, (IList<Rbacv1Subject>?)one.Value.Subjects))]);
                bool Is(ObjectKey key) => key.Namespace.Length > 0 == namespaced;
                break;
        }
    }
}
