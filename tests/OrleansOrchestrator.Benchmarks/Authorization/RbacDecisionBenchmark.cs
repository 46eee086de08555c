using System.Globalization;
using BenchmarkDotNet.Attributes;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Benchmarks.Authorization;

/// <summary>The time of a decision by roles, and of a change, among many bindings beside the default ones.</summary>
[MemoryDiagnoser]
public class RbacDecisionBenchmark
{
    private const int Questions = 100_000;
    private const int Namespaces = 500;

    private static readonly string[] Roles = ["view", "edit", "admin"];

    private readonly RbacIndex _index = new();
    private (UserInfo User, AccessAttributes Access)[] _allowed = [];
    private (UserInfo User, AccessAttributes Access)[] _refused = [];

    [Params(100, 10_000)]
    public int Bindings { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _index.SetRoles(namespaced: false, [.. DefaultRoles.ClusterRoles().Select(role => KeyValuePair.Create(new ObjectKey("", role.Metadata.Name), new CompiledRules(role.Rules)))]);
        _index.SetBindings(namespaced: false, [.. DefaultRoles.ClusterRoleBindings().Select(binding => (new ObjectKey("", binding.Metadata.Name), (V1RoleRef?)binding.RoleRef, (IList<Rbacv1Subject>?)binding.Subjects))]);
        _index.SetBindings(namespaced: true, [.. Enumerable.Range(0, Bindings).Select(i => (KeyOf(i), (V1RoleRef?)RoleOf(i), (IList<Rbacv1Subject>?)SubjectsOf(i)))]);
        _allowed = [.. Enumerable.Range(0, Bindings).Select(i => (UserOf(i), Get(SpaceOf(i))))];
        _refused = [.. Enumerable.Range(0, Bindings).Select(i => (UserOf(i), Get(SpaceOf(i + 1))))];
    }

    [Benchmark(OperationsPerInvoke = Questions)]
    public int Allow() => Ask(_allowed);

    [Benchmark(OperationsPerInvoke = Questions)]
    public int Refuse() => Ask(_refused);

    [Benchmark(OperationsPerInvoke = Questions)]
    public void ChangeBinding()
    {
        for (var i = 0; i < Questions; i++)
            _index.SetBinding(KeyOf(i % Bindings), RoleOf(i), SubjectsOf(i % Bindings));
    }

    private int Ask((UserInfo User, AccessAttributes Access)[] questions)
    {
        var allowed = 0;
        for (var i = 0; i < Questions; i++)
        {
            var (user, access) = questions[i % questions.Length];
            allowed += _index.Decide(user, access).IsAllowed ? 1 : 0;
        }

        return allowed;
    }

    private static string SpaceOf(int i) => string.Create(CultureInfo.InvariantCulture, $"team-{i % Namespaces}");

    private static ObjectKey KeyOf(int i) => new(SpaceOf(i), string.Create(CultureInfo.InvariantCulture, $"binding-{i}"));

    private static V1RoleRef RoleOf(int i) => new() { Kind = "ClusterRole", Name = Roles[i % Roles.Length] };

    private static Rbacv1Subject[] SubjectsOf(int i) => [new Rbacv1Subject { Kind = "User", Name = NameOf(i) }];

    private static string NameOf(int i) => string.Create(CultureInfo.InvariantCulture, $"user-{i}@example.com");

    private static UserInfo UserOf(int i) => new(NameOf(i), ["developers", "employees", "system:authenticated"]);

    private static AccessAttributes Get(string space) => new() { IsResource = true, Verb = "get", Version = "v1", Resource = "pods", Name = "web-0", Namespace = space };
}
