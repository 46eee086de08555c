using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The labels by which a daemon finds its pods in its runtime.</summary>
internal static class ContainerLabels
{
    public const string Cluster = Prefix + "cluster";
    public const string Node = Prefix + "node";
    public const string PodUid = Prefix + "pod-uid";
    public const string PodName = Prefix + "pod-name";
    public const string PodNamespace = Prefix + "pod-namespace";

    /// <summary>The container's name in its pod; a sandbox has none.</summary>
    public const string Container = Prefix + "container";
    /// <summary>How long the pod may run without the control plane, in milliseconds; absent without a limit.</summary>
    public const string FenceAfter = Prefix + "fence-after";
    /// <summary>The handler of the pod's runtime class; absent for the usual one.</summary>
    public const string RuntimeHandler = Prefix + "runtime-handler";
    public const string Attempt = Prefix + "attempt";
    public const string SpecHash = Prefix + "spec-hash";
    public const string Image = Prefix + "image";
    public const string ImageId = Prefix + "image-id";
    /// <summary>The memory that the container requested at its creation, in bytes.</summary>
    public const string MemoryRequest = Prefix + "memory-request";
    private const string Prefix = "orleansorchestrator.io/";

    public static Dictionary<string, string> OfSandbox(ContainerOwner owner, SandboxSpec spec)
    {
        var labels = IdentityOf(owner, spec);
        if (spec.FenceAfter is { } limit)
            labels[FenceAfter] = ((long)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (spec.RuntimeHandler.Length > 0)
            labels[RuntimeHandler] = spec.RuntimeHandler;
        return labels;
    }

    /// <summary>Reads <see cref="FenceAfter"/>.</summary>
    public static TimeSpan? FenceAfterOf(IDictionary<string, string> labels) =>
        labels.TryGetValue(FenceAfter, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    /// <summary>The labels of all containers of one daemon: each has one of these sets.</summary>
    public static IEnumerable<Dictionary<string, string>> Of(ContainerOwner owner) =>
        owner.Ids.Select(id => new Dictionary<string, string>(StringComparer.Ordinal) { [Cluster] = id, [Node] = owner.Node });

    private static Dictionary<string, string> IdentityOf(ContainerOwner owner, SandboxSpec spec) => new(StringComparer.Ordinal)
    {
        [Cluster] = owner.Cluster,
        [Node] = owner.Node,
        [PodUid] = spec.PodUid,
        [PodName] = spec.PodName,
        [PodNamespace] = spec.PodNamespace,
        [Attempt] = spec.Attempt.ToString(CultureInfo.InvariantCulture),
    };

    public static Dictionary<string, string> OfContainer(ContainerOwner owner, PodSandbox sandbox, ContainerSpec spec) => new(StringComparer.Ordinal)
    {
        [Cluster] = owner.Cluster,
        [Node] = owner.Node,
        [PodUid] = sandbox.PodUid,
        [PodName] = sandbox.PodName,
        [PodNamespace] = sandbox.PodNamespace,
        [Container] = spec.Name,
        [Attempt] = spec.Attempt.ToString(CultureInfo.InvariantCulture),
        [SpecHash] = spec.SpecHash,
        [Image] = spec.Image,
        [ImageId] = spec.ImageId,
        [MemoryRequest] = spec.Resources.MemoryRequestBytes.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads <see cref="MemoryRequest"/>.</summary>
    public static long? MemoryRequestOf(IDictionary<string, string> labels) =>
        labels.TryGetValue(MemoryRequest, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    public static string NameOf(string container, string pod, string ns, string uid, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"oo_{container}_{pod}_{ns}_{uid}_{attempt}");
}
