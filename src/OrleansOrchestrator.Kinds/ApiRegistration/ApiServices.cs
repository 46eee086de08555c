using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.ApiRegistration;

/// <summary>What APIServices mean to those who act on them.</summary>
public static class ApiServices
{
    /// <summary>The condition that says whether requests can be served.</summary>
    public const string Available = "Available";

    /// <summary>The reason of the condition of an APIService that names no service.</summary>
    public const string LocalReason = "Local";

    /// <summary>The message of that condition.</summary>
    public const string LocalMessage = "Local APIServices are always available";

    /// <summary>The port of a service that an APIService names without one.</summary>
    public const int PortDefault = 443;

    /// <summary>The label of APIServices that the cluster itself maintains.</summary>
    public const string AutomanagedLabel = "kube-aggregator.kubernetes.io/automanaged";

    /// <summary>The label's value for what is always kept as the cluster wants it.</summary>
    public const string Always = "true";

    /// <summary>The label's value for the APIs that are built in.</summary>
    public const string OnStart = "onstart";

    // As kube-apiserver: custom groups come after the built-in ones.
    private const int CustomGroupPriority = 1000;
    private const int CustomVersionPriority = 100;

    /// <summary>The name of the APIService of a version.</summary>
    public static string NameOf(string group, string version) => $"{version}.{group}";

    /// <summary>The group and version that a name stands for.</summary>
    public static (string Group, string Version) Parse(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? ("", name) : (name[(dot + 1)..], name[..dot]);
    }

    /// <summary>The condition <see cref="Available"/>; null if nobody has checked yet.</summary>
    public static V1APIServiceCondition? AvailabilityOf(V1APIService api) =>
        (api.Status?.Conditions).OrNone().FirstOrDefault(condition => condition.Type == Available);

    /// <summary>The APIService of a version of custom kinds.</summary>
    public static V1APIService OfCustomKinds(string group, string version) => Local(group, version, CustomGroupPriority, CustomVersionPriority, Always);

    /// <summary>The APIService of a version that is built in.</summary>
    /// <remarks>One that may be replaced has no label, so that nobody takes it back from the one who replaces it.</remarks>
    public static V1APIService Of(BuiltInApi api) => Local(api.Group, api.Version, api.GroupPriority, api.VersionPriority, api.IsReplaceable ? null : OnStart);

    /// <summary>Whether an APIService says of its version what another one says.</summary>
    public static bool SaysTheSame(V1APIService api, V1APIService wanted) =>
        api.Spec is { Service: null, CaBundle: null or { Length: 0 }, InsecureSkipTLSVerify: not true } spec
        && spec.GroupPriorityMinimum == wanted.Spec.GroupPriorityMinimum
        && spec.VersionPriority == wanted.Spec.VersionPriority;

    private static V1APIService Local(string group, string version, int groupPriority, int versionPriority, string? automanaged) => new()
    {
        ApiVersion = "apiregistration.k8s.io/v1",
        Kind = "APIService",
        Metadata = new V1ObjectMeta
        {
            Name = NameOf(group, version),
            Labels = automanaged is null ? null : new Dictionary<string, string> { [AutomanagedLabel] = automanaged },
        },
        Spec = new V1APIServiceSpec { Group = group.Length == 0 ? null : group, Version = version, GroupPriorityMinimum = groupPriority, VersionPriority = versionPriority },
    };
}
