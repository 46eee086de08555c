using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates a container's probes and lifecycle hooks.</summary>
internal static class ProbeValidation
{
    private static readonly string[] Schemes = ["HTTP", "HTTPS"];

    public static void ValidateAll(V1Container container, long? gracePeriodSeconds, FieldPath path, FieldErrors errors)
    {
        if (container.Lifecycle is { } lifecycle)
        {
            ValidateHook(lifecycle.PostStart, gracePeriodSeconds, path.Child("lifecycle").Child("postStart"), errors);
            ValidateHook(lifecycle.PreStop, gracePeriodSeconds, path.Child("lifecycle").Child("preStop"), errors);
        }

        ValidateRestarting(container.LivenessProbe, path.Child("livenessProbe"), errors);
        ValidateReadiness(container.ReadinessProbe, path.Child("readinessProbe"), errors);
        ValidateRestarting(container.StartupProbe, path.Child("startupProbe"), errors);
    }

    // A single success means that the container is alive.
    private static void ValidateRestarting(V1Probe? probe, FieldPath path, FieldErrors errors)
    {
        Validate(probe, path, errors);
        if (probe is { SuccessThreshold: not 1 })
            errors.Invalid(path.Child("successThreshold"), probe.SuccessThreshold, "must be 1");
    }

    private static void ValidateReadiness(V1Probe? probe, FieldPath path, FieldErrors errors)
    {
        Validate(probe, path, errors);
        if (probe?.TerminationGracePeriodSeconds is { } seconds)
            errors.Invalid(path.Child("terminationGracePeriodSeconds"), seconds, "must not be set for readinessProbes");
    }

    private static void Validate(V1Probe? probe, FieldPath path, FieldErrors errors)
    {
        if (probe is null)
            return;
        var count = CountActions(probe.Exec, probe.HttpGet, probe.TcpSocket, path, errors);
        if (probe.Grpc is { } grpc)
        {
            if (count++ > 0)
                errors.Forbidden(path.Child("grpc"), "may not specify more than 1 handler type");
            else
                PortRules.ValidateNumber(grpc.Port, path.Child("grpc").Child("port"), errors);
        }

        if (count == 0)
            errors.Required(path, "must specify a handler type");
        NumberRules.ValidateNotNegative(probe.InitialDelaySeconds, path.Child("initialDelaySeconds"), errors);
        NumberRules.ValidateNotNegative(probe.TimeoutSeconds, path.Child("timeoutSeconds"), errors);
        NumberRules.ValidateNotNegative(probe.PeriodSeconds, path.Child("periodSeconds"), errors);
        NumberRules.ValidateNotNegative(probe.SuccessThreshold, path.Child("successThreshold"), errors);
        NumberRules.ValidateNotNegative(probe.FailureThreshold, path.Child("failureThreshold"), errors);
        NumberRules.ValidatePositive(probe.TerminationGracePeriodSeconds, path.Child("terminationGracePeriodSeconds"), errors);
    }

    private static void ValidateHook(V1LifecycleHandler? hook, long? gracePeriodSeconds, FieldPath path, FieldErrors errors)
    {
        if (hook is null)
            return;
        var count = CountActions(hook.Exec, hook.HttpGet, hook.TcpSocket, path, errors);
        if (hook.Sleep is { } sleep)
        {
            if (count++ > 0)
                errors.Forbidden(path.Child("sleep"), "may not specify more than 1 handler type");
            else if (sleep.Seconds < 0 || sleep.Seconds > (gracePeriodSeconds ?? 0))
                errors.Invalid(path.Child("sleep").Child("seconds"), sleep.Seconds, $"must be non-negative and less than terminationGracePeriodSeconds ({gracePeriodSeconds ?? 0})");
        }

        if (count == 0)
            errors.Required(path, "must specify a handler type");
    }

    private static int CountActions(V1ExecAction? exec, V1HTTPGetAction? httpGet, V1TCPSocketAction? tcpSocket, FieldPath path, FieldErrors errors)
    {
        var count = 0;
        if (exec is not null)
        {
            count++;
            if (exec.Command.OrNone().Count == 0)
                errors.Required(path.Child("exec").Child("command"));
        }

        if (httpGet is not null)
        {
            if (count++ > 0)
                errors.Forbidden(path.Child("httpGet"), "may not specify more than 1 handler type");
            else
                ValidateHttpGet(httpGet, path.Child("httpGet"), errors);
        }

        if (tcpSocket is not null)
        {
            if (count++ > 0)
                errors.Forbidden(path.Child("tcpSocket"), "may not specify more than 1 handler type");
            else
                PortRules.ValidateNumberOrName(tcpSocket.Port, path.Child("tcpSocket").Child("port"), errors);
        }

        return count;
    }

    private static void ValidateHttpGet(V1HTTPGetAction action, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(action.Path))
            errors.Required(path.Child("path"));
        PortRules.ValidateNumberOrName(action.Port, path.Child("port"), errors);
        if (!Schemes.Contains(action.Scheme))
            errors.NotSupported(path.Child("scheme"), action.Scheme ?? "", Schemes);
        foreach (var header in action.HttpHeaders.OrNone())
            errors.Invalid(path.Child("httpHeaders"), header.Name ?? "", NameRules.IsHttpHeaderName(header.Name ?? ""));
    }
}
