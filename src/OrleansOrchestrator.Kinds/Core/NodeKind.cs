using k8s.Models;
using OrleansOrchestrator.Kinds.FlowControl;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>A machine that runs pods.</summary>
internal sealed class NodeKind : ResourceDefinition<V1Node>
{
    private const string RoleLabelPrefix = "node-role.kubernetes.io/";
    private const string RoleLabel = "kubernetes.io/role";

    public override string Kind => "Node";

    public override string Plural => "nodes";

    public override IReadOnlyList<string> ShortNames => ["no"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override bool HasClaims => true;

    public override bool ClaimsAreRanges => true;

    // As in Kubernetes, where nobody compares what users write.
    public override bool UsersMayShareClaims => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("spec.unschedulable", "false")];

    protected override IReadOnlyList<TableColumn<V1Node>> TypedColumns =>
    [
        TableColumn<V1Node>.Name,
        TableColumn<V1Node>.Of("Status", StatusOf),
        TableColumn<V1Node>.Of("Roles", RolesOf),
        TableColumn<V1Node>.Age,
        TableColumn<V1Node>.Of("Version", node => node.Status?.NodeInfo?.KubeletVersion ?? ""),
        TableColumn<V1Node>.Of("Internal-IP", node => AddressOf(node, "InternalIP"), priority: 1),
        TableColumn<V1Node>.Of("External-IP", node => AddressOf(node, "ExternalIP"), priority: 1),
        TableColumn<V1Node>.Of("OS-Image", node => (node.Status?.NodeInfo?.OsImage).Or("<unknown>"), priority: 1),
        TableColumn<V1Node>.Of("Kernel-Version", node => (node.Status?.NodeInfo?.KernelVersion).Or("<unknown>"), priority: 1),
        TableColumn<V1Node>.Of("Container-Runtime", node => (node.Status?.NodeInfo?.ContainerRuntimeVersion).Or("<unknown>"), priority: 1),
    ];

    protected override void ApplyDefaults(V1Node obj)
    {
        if (obj.Spec is { } spec)
        {
            // The list replaces the older field for a single range.
            if (spec.PodCIDRs.OrNone().Count == 0 && !string.IsNullOrEmpty(spec.PodCIDR))
                spec.PodCIDRs = [spec.PodCIDR];
            else if (string.IsNullOrEmpty(spec.PodCIDR) && spec.PodCIDRs.OrNone().Count > 0)
                spec.PodCIDR = spec.PodCIDRs[0];
        }

        if (obj.Status is { Allocatable: null, Capacity: { } capacity })
            obj.Status.Allocatable = new Dictionary<string, ResourceQuantity>(capacity);
    }

    // A node may register with a status about its machine.
    protected override bool KeepsStatusOnCreate => true;

    protected override void PrepareForCreate(V1Node obj) => obj.Spec ??= new V1NodeSpec();

    protected override void PrepareForUpdate(V1Node updated, V1Node current) => updated.Spec ??= new V1NodeSpec();

    // An extended resource in the capacity, as an administrator may add by hand, is allocatable too.
    protected override void PrepareForStatusUpdate(V1Node updated, V1Node current)
    {
        var (capacity, before) = ((updated.Status?.Capacity).OrNone(), (current.Status?.Capacity).OrNone());
        foreach (var (resource, amount) in capacity.Where(entry => ResourceAmountRules.IsExtended(entry.Key)))
        {
            var allocatable = updated.Status!.Allocatable ??= new Dictionary<string, ResourceQuantity>();
            var isChanged = !before.TryGetValue(resource, out var had) || !SemanticEquality.Equal(had, amount);
            if (!allocatable.TryGetValue(resource, out var given)
                || (isChanged && SemanticEquality.Equal(given, (current.Status?.Allocatable).OrNone().TryGetValue(resource, out var gave) ? gave : null)))
            {
                allocatable[resource] = amount;
            }
        }

        foreach (var resource in before.Keys.Where(resource => ResourceAmountRules.IsExtended(resource) && !capacity.ContainsKey(resource)))
            updated.Status?.Allocatable?.Remove(resource);
    }

    protected override void AddWarnings(V1Node node, V1Node? current, List<string> warnings)
    {
        if (node.Spec?.ConfigSource is not null)
            warnings.Add("spec.configSource: the feature is no longer available");
        if (!string.IsNullOrEmpty(node.Spec?.ExternalID))
            warnings.Add("spec.externalID: this field is deprecated, and is unused by Kubernetes");
    }

    // The status of a new node must be valid too: later reports that keep an invalid part would be refused as a whole.
    protected override void Validate(V1Node obj, FieldErrors errors)
    {
        ValidateSpec(obj, errors);
        ValidateStatus(obj.Status, errors);
    }

    private static void ValidateSpec(V1Node obj, FieldErrors errors)
    {
        TaintRules.ValidateTaints(obj.Spec?.Taints, FieldPath.Spec.Child("taints"), errors);
        ValidatePodRanges((obj.Spec?.PodCIDRs).OrNone(), FieldPath.Spec.Child("podCIDRs"), errors);
        if (obj.Spec?.PodCIDRs is [var first, ..] && obj.Spec.PodCIDR != first)
            errors.Invalid(FieldPath.Spec.Child("podCIDR"), obj.Spec.PodCIDR ?? "", "must be the first of podCIDRs");
    }

    protected override void ValidateUpdate(V1Node updated, V1Node current, FieldErrors errors)
    {
        ValidateSpec(updated, errors);
        if (current.Spec?.PodCIDRs is { Count: > 0 } ranges && !ranges.SequenceEqual((updated.Spec?.PodCIDRs).OrNone()))
            errors.Forbidden(FieldPath.Spec.Child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid");
        if (!string.IsNullOrEmpty(current.Spec?.ProviderID) && updated.Spec?.ProviderID != current.Spec.ProviderID)
            errors.Forbidden(FieldPath.Spec.Child("providerID"), "node updates may not change providerID except from \"\" to valid");
    }

    protected override void ValidateStatusUpdate(V1Node updated, V1Node current, FieldErrors errors) => ValidateStatus(updated.Status, errors);

    private static void ValidateStatus(V1NodeStatus? status, FieldErrors errors)
    {
        ResourceAmountRules.ValidateAmounts(status?.Capacity, FieldPath.Status.Child("capacity"), errors);
        ResourceAmountRules.ValidateAmounts(status?.Allocatable, FieldPath.Status.Child("allocatable"), errors);
        var addresses = (status?.Addresses).OrNone();
        for (var i = 0; i < addresses.Count; i++)
        {
            if (addresses.Take(i).Any(other => other.Type == addresses[i].Type && other.Address == addresses[i].Address))
                errors.Duplicate(FieldPath.Status.Child("addresses").Index(i), addresses[i]);
        }
    }

    protected override IReadOnlyList<string> Claims(V1Node obj) => obj.Spec?.PodCIDRs is { Count: > 0 } ranges
        ? [.. ranges.Select(range => AddressSyntax.TryParseSubnet(range, out var network) ? NodeClaims.Range(network) : null).OfType<string>()]
        : [];

    private static void ValidatePodRanges(IList<string> ranges, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < ranges.Count; i++)
            errors.Invalid(path.Index(i), ranges[i], NameRules.IsValidCidr(ranges[i]));
        var families = ranges.Select(range => range.Contains(':', StringComparison.Ordinal));
        if (ranges.Count > 2 || families.Distinct().Count() < ranges.Count)
            errors.Invalid(path, ranges, "may specify no more than one CIDR for each IP family");
    }

    private static string StatusOf(V1Node node)
    {
        var ready = (node.Status?.Conditions).OrNone().LastOrDefault(condition => condition.Type == "Ready");
        var status = ready?.Status switch
        {
            null => "Unknown",
            "True" => "Ready",
            _ => "NotReady",
        };
        return node.Spec?.Unschedulable == true ? status + ",SchedulingDisabled" : status;
    }

    private static string RolesOf(V1Node node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in (node.Metadata?.Labels).OrNone())
        {
            if (key.StartsWith(RoleLabelPrefix, StringComparison.Ordinal) && key.Length > RoleLabelPrefix.Length)
                roles.Add(key[RoleLabelPrefix.Length..]);
            else if (key == RoleLabel && !string.IsNullOrEmpty(value))
                roles.Add(value);
        }

        return string.Join(',', roles).Or("<none>");
    }

    private static string AddressOf(V1Node node, string type) =>
        (node.Status?.Addresses).OrNone().FirstOrDefault(address => address.Type == type)?.Address ?? "<none>";
}
