using System.Collections.Immutable;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>
/// The roles of each user and group: subject → namespace → bindings → rules. A decision looks up the user and the groups, and tests the rules
/// of their roles that are about the resource.
/// </summary>
/// <remarks>
/// Readers take one immutable snapshot of the bindings, so that each sees a binding before or after a change and never in between. Writers replace it: a
/// change of a binding costs its subjects, and a change of a role replaces the rules in one place, however many bindings there are.
/// </remarks>
internal sealed class RbacIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, RoleSlot> _roles = [];
    private readonly Dictionary<ObjectKey, Binding> _bindings = [];
    private ImmutableDictionary<BoundSubject, Grants> _grants = ImmutableDictionary<BoundSubject, Grants>.Empty;

    // Roles that bindings refer to and that do not exist. Mostly there are none, and a refusal need not look for them.
    private int _missingCount;

    /// <summary>Replaces a role; null if it is gone.</summary>
    public void SetRole(ObjectKey key, CompiledRules? rules)
    {
        lock (_gate)
            PutRole(key, rules);
    }

    /// <summary>Replaces all roles of namespaces, or all of the cluster.</summary>
    public void SetRoles(bool namespaced, IReadOnlyCollection<KeyValuePair<ObjectKey, CompiledRules>> roles)
    {
        lock (_gate)
        {
            var present = roles.Select(role => role.Key).ToHashSet();
            foreach (var gone in _roles.Keys.Where(key => key.Namespace.Length > 0 == namespaced && !present.Contains(key)).ToList())
                PutRole(gone, null);
            foreach (var (key, rules) in roles)
                PutRole(key, rules);
        }
    }

    /// <summary>Replaces a binding; without subjects if it is gone.</summary>
    public void SetBinding(ObjectKey key, V1RoleRef? role, IList<Rbacv1Subject>? subjects)
    {
        lock (_gate)
        {
            var grants = _grants.ToBuilder();
            PutBinding(grants, key, role, subjects);
            Volatile.Write(ref _grants, grants.ToImmutable());
        }
    }

    /// <summary>Replaces all bindings of namespaces, or all of the cluster.</summary>
    public void SetBindings(bool namespaced, IReadOnlyCollection<(ObjectKey Key, V1RoleRef? Role, IList<Rbacv1Subject>? Subjects)> bindings)
    {
        lock (_gate)
        {
            var grants = _grants.ToBuilder();
            foreach (var gone in _bindings.Keys.Where(key => key.Namespace.Length > 0 == namespaced).Except(bindings.Select(binding => binding.Key)).ToList())
                PutBinding(grants, gone, null, null);
            foreach (var (key, role, subjects) in bindings)
                PutBinding(grants, key, role, subjects);
            Volatile.Write(ref _grants, grants.ToImmutable());
        }
    }

    /// <summary>Whether the roles of a user allow an action, as far as this silo knows.</summary>
    public AuthorizationDecision Decide(UserInfo user, AccessAttributes access)
    {
        var snapshot = Volatile.Read(ref _grants);
        var match = new RuleMatch(access);
        var allowing = Allowing(snapshot, new BoundSubject(false, user.Name), access.Namespace, match);
        for (var i = 0; allowing is null && i < user.Groups.Count; i++)
            allowing = Allowing(snapshot, new BoundSubject(true, user.Groups[i]), access.Namespace, match);
        if (allowing is not null)
            return new AuthorizationDecision(Verdict.Allow, allowing.Reason);
        var fault = Volatile.Read(ref _missingCount) == 0 ? "" : FaultOf(BoundRoles(snapshot, user, access.Namespace));
        return new AuthorizationDecision(Verdict.NoOpinion, fault.Length == 0 ? "" : $"RBAC: {fault}");
    }

    /// <summary>All rules of a user in a namespace and in the cluster.</summary>
    /// <param name="user">The user.</param>
    /// <param name="namespace">The namespace; empty for the cluster alone.</param>
    /// <returns>The rules, and which roles do not exist; empty if all do.</returns>
    public (IReadOnlyList<V1PolicyRule> Rules, string Fault) RulesOf(UserInfo user, string @namespace)
    {
        var bound = BoundRoles(Volatile.Read(ref _grants), user, @namespace).ToList();
        return ([.. bound.SelectMany(role => role.Role.Rules?.Rules ?? [])], FaultOf(bound));
    }

    /// <summary>The rules of a role; null if it does not exist.</summary>
    public IReadOnlyList<V1PolicyRule>? RulesOf(ObjectKey role)
    {
        lock (_gate)
            return _roles.GetValueOrDefault(role)?.Rules?.Rules;
    }

    /// <summary>The key of the role that a binding in a namespace, or without one, refers to; null if it refers to none.</summary>
    public static ObjectKey? RoleOf(V1RoleRef? role, string bindingNamespace) => role switch
    {
        { Kind: "ClusterRole", Name.Length: > 0 } => new ObjectKey("", role.Name),
        { Kind: "Role", Name.Length: > 0 } when bindingNamespace.Length > 0 => new ObjectKey(bindingNamespace, role.Name),
        _ => null,
    };

    private static BoundRole? Allowing(ImmutableDictionary<BoundSubject, Grants> snapshot, BoundSubject subject, string @namespace, in RuleMatch match)
    {
        if (!snapshot.TryGetValue(subject, out var grants))
            return null;
        return Allowing(grants.InCluster, match)
            ?? (@namespace.Length > 0 && grants.ByNamespace.TryGetValue(@namespace, out var local) ? Allowing(local, match) : null);
    }

    private static BoundRole? Allowing(ImmutableArray<BoundRole> roles, in RuleMatch match)
    {
        foreach (var role in roles)
        {
            if (role.Role.Rules is { } rules && rules.Allow(match))
                return role;
        }

        return null;
    }

    /// <summary>The roles of a user, those of the cluster first, each binding once.</summary>
    private static IEnumerable<BoundRole> BoundRoles(ImmutableDictionary<BoundSubject, Grants> snapshot, UserInfo user, string @namespace)
    {
        IEnumerable<BoundSubject> subjects = [new BoundSubject(false, user.Name), .. user.Groups.Select(group => new BoundSubject(true, group))];
        var grants = subjects.Select(subject => snapshot.GetValueOrDefault(subject)).OfType<Grants>().ToList();
        return grants.SelectMany(grant => grant.InCluster)
            .Concat(grants.SelectMany(grant => @namespace.Length > 0 ? grant.ByNamespace.GetValueOrDefault(@namespace, []) : []))
            .DistinctBy(role => role.Binding);
    }

    private static string FaultOf(IEnumerable<BoundRole> roles) =>
        roles.Where(role => role.Role.Rules is null).Select(role => role.Role.WhyMissing).Distinct(StringComparer.Ordinal).ToList() switch
        {
            [] => "",
            [var one] => one,
            var several => $"[{string.Join(", ", several)}]",
        };

    private void PutRole(ObjectKey key, CompiledRules? rules)
    {
        if (rules is not null || _roles.ContainsKey(key))
            Change(SlotOf(key), rules, 0);
    }

    private void PutBinding(ImmutableDictionary<BoundSubject, Grants>.Builder grants, ObjectKey key, V1RoleRef? role, IList<Rbacv1Subject>? subjects)
    {
        if (_bindings.Remove(key, out var before))
        {
            foreach (var subject in before.Subjects)
            {
                if (grants[subject].Without(key) is { } left)
                    grants[subject] = left;
                else
                    grants.Remove(subject);
            }

            Change(before.Role, before.Role.Rules, -1);
        }

        if (RoleOf(role, key.Namespace) is not { } roleKey)
            return;
        var bound = (subjects ?? []).Select(subject => (Meant: BoundSubject.Of(subject, key.Namespace), Subject: subject))
            .Where(subject => subject.Meant is not null).DistinctBy(subject => subject.Meant).ToList();
        if (bound.Count == 0)
            return;
        var slot = SlotOf(roleKey);
        Change(slot, slot.Rules, 1);
        foreach (var (meant, subject) in bound)
            grants[meant!.Value] = grants.GetValueOrDefault(meant.Value, Grants.None).With(new BoundRole(key, slot, subject));
        _bindings[key] = new Binding(slot, [.. bound.Select(subject => subject.Meant!.Value)]);
    }

    private RoleSlot SlotOf(ObjectKey key) => _roles.TryGetValue(key, out var known) ? known : _roles[key] = new RoleSlot(key);

    private void Change(RoleSlot slot, CompiledRules? rules, int bindings)
    {
        var missing = slot.IsMissing ? -1 : 0;
        slot.Rules = rules;
        slot.BindingCount += bindings;
        missing += slot.IsMissing ? 1 : 0;
        Volatile.Write(ref _missingCount, _missingCount + missing);
        if (slot is { Rules: null, BindingCount: 0 })
            _roles.Remove(slot.Key);
    }

    private sealed record Binding(RoleSlot Role, BoundSubject[] Subjects);

    /// <summary>The roles of one subject. Immutable.</summary>
    private sealed record Grants(ImmutableArray<BoundRole> InCluster, ImmutableDictionary<string, ImmutableArray<BoundRole>> ByNamespace)
    {
        public static Grants None { get; } = new([], ImmutableDictionary<string, ImmutableArray<BoundRole>>.Empty);

        public Grants With(BoundRole role) => role.Binding.Namespace is not { Length: > 0 } space
            ? this with { InCluster = InCluster.Add(role) }
            : this with { ByNamespace = ByNamespace.SetItem(space, ByNamespace.GetValueOrDefault(space, []).Add(role)) };

        /// <summary>The others; null if there are none.</summary>
        public Grants? Without(ObjectKey binding)
        {
            var rest = this;
            if (binding.Namespace.Length == 0)
                rest = this with { InCluster = InCluster.RemoveAll(role => role.Binding == binding) };
            else if (ByNamespace.GetValueOrDefault(binding.Namespace, []).RemoveAll(role => role.Binding == binding) is { IsEmpty: false } local)
                rest = this with { ByNamespace = ByNamespace.SetItem(binding.Namespace, local) };
            else
                rest = this with { ByNamespace = ByNamespace.Remove(binding.Namespace) };
            return rest.InCluster.IsEmpty && rest.ByNamespace.IsEmpty ? null : rest;
        }
    }
}
