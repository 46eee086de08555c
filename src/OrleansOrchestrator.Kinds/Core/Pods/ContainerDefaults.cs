using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The defaults of containers.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/core/v1/defaults.go.</remarks>
internal static class ContainerDefaults
{
    private const string TerminationMessagePath = "/dev/termination-log";
    private const int ProbeTimeoutSeconds = 1;
    private const int ProbePeriodSeconds = 10;
    private const int ProbeSuccesses = 1;
    private const int ProbeFailures = 3;

    public static void Apply(V1Container container)
    {
        container.ImagePullPolicy = PullPolicy(container.ImagePullPolicy, container.Image);
        container.TerminationMessagePath = container.TerminationMessagePath.Or(TerminationMessagePath);
        container.TerminationMessagePolicy = container.TerminationMessagePolicy.Or("File");
        container.Resources ??= new V1ResourceRequirements();
        ApplyPorts(container.Ports);
        ApplyEnvironment(container.Env);
        ApplyProbe(container.LivenessProbe);
        ApplyProbe(container.ReadinessProbe);
        ApplyProbe(container.StartupProbe);
        ApplyHttpGet(container.Lifecycle?.PostStart?.HttpGet);
        ApplyHttpGet(container.Lifecycle?.PreStop?.HttpGet);
    }

    public static void Apply(V1EphemeralContainer container)
    {
        container.ImagePullPolicy = PullPolicy(container.ImagePullPolicy, container.Image);
        container.TerminationMessagePath = container.TerminationMessagePath.Or(TerminationMessagePath);
        container.TerminationMessagePolicy = container.TerminationMessagePolicy.Or("File");
        container.Resources ??= new V1ResourceRequirements();
        ApplyEnvironment(container.Env);
    }

    /// <summary>Sets missing requests to the limits.</summary>
    public static void RequestLimits(V1Container container)
    {
        if (container.Resources?.Limits is not { Count: > 0 } limits)
            return;
        container.Resources.Requests ??= new Dictionary<string, ResourceQuantity>();
        foreach (var (name, limit) in limits)
            container.Resources.Requests.TryAdd(name, limit);
    }

    /// <summary>Sets host ports to container ports on the host's network.</summary>
    public static void OpenOnHost(V1Container container)
    {
        foreach (var port in container.Ports.OrNone())
        {
            if (port.HostPort is null or 0)
                port.HostPort = port.ContainerPort;
        }
    }

    private static string PullPolicy(string? policy, string? image)
    {
        if (!string.IsNullOrEmpty(policy))
            return policy;
        return ImageTag.IsLatest(image ?? "") ? "Always" : "IfNotPresent";
    }

    private static void ApplyPorts(IList<V1ContainerPort>? ports)
    {
        foreach (var port in ports.OrNone())
            port.Protocol = port.Protocol.Or(PortRules.DefaultProtocol);
    }

    private static void ApplyEnvironment(IList<V1EnvVar>? variables)
    {
        foreach (var variable in variables.OrNone())
        {
            if (variable.ValueFrom?.FieldRef is { } field)
                field.ApiVersion = field.ApiVersion.Or("v1");
        }
    }

    private static void ApplyProbe(V1Probe? probe)
    {
        if (probe is null)
            return;
        probe.TimeoutSeconds = probe.TimeoutSeconds.Or(ProbeTimeoutSeconds);
        probe.PeriodSeconds = probe.PeriodSeconds.Or(ProbePeriodSeconds);
        probe.SuccessThreshold = probe.SuccessThreshold.Or(ProbeSuccesses);
        probe.FailureThreshold = probe.FailureThreshold.Or(ProbeFailures);
        if (probe.Grpc is { } grpc)
            grpc.Service ??= "";
        ApplyHttpGet(probe.HttpGet);
    }

    private static void ApplyHttpGet(V1HTTPGetAction? action)
    {
        if (action is null)
            return;
        action.Path = action.Path.Or("/");
        action.Scheme = action.Scheme.Or("HTTP");
    }
}
