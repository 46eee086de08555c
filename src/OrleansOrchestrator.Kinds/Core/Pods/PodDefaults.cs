using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The defaults of pods and of pod templates.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/core/v1/defaults.go.</remarks>
internal static class PodDefaults
{
    /// <summary>The default grace period of pods, in seconds.</summary>
    public const long TerminationGracePeriodSeconds = 30;

    /// <summary>The defaults of pods and of templates.</summary>
    public static void ApplyToTemplate(V1PodSpec spec)
    {
        UnservedFields.Drop(spec);
        spec.RestartPolicy = spec.RestartPolicy.Or("Always");
        spec.DnsPolicy = spec.DnsPolicy.Or("ClusterFirst");
        spec.SchedulerName = spec.SchedulerName.Or("default-scheduler");
        spec.SecurityContext ??= new V1PodSecurityContext();
        spec.TerminationGracePeriodSeconds ??= TerminationGracePeriodSeconds;
        ApplyServiceAccountAlias(spec);
        foreach (var volume in spec.Volumes.OrNone())
            VolumeDefaults.Apply(volume);
        foreach (var container in spec.InitContainers.OrNone())
            ContainerDefaults.Apply(container);
        foreach (var container in spec.Containers.OrNone())
            ContainerDefaults.Apply(container);
        foreach (var container in spec.EphemeralContainers.OrNone())
            ContainerDefaults.Apply(container);
    }

    /// <summary>The defaults of pods only. A template leaves these fields to the pods that are made of it.</summary>
    public static void ApplyToPod(V1PodSpec spec)
    {
        ApplyToTemplate(spec);
        spec.EnableServiceLinks ??= true;
        foreach (var container in spec.InitContainers.OrNone().Concat(spec.Containers.OrNone()))
        {
            ContainerDefaults.RequestLimits(container);
            if (spec.HostNetwork == true)
                ContainerDefaults.OpenOnHost(container);
        }
    }

    /// <summary>Gives a pod the service account of its namespace if it names none.</summary>
    public static void ApplyServiceAccount(V1PodSpec spec)
    {
        spec.ServiceAccountName = spec.ServiceAccountName.Or("default");
        spec.ServiceAccount = spec.ServiceAccountName;
    }

    // The short field is the older name of the long one. Old clients read it.
    private static void ApplyServiceAccountAlias(V1PodSpec spec)
    {
        if (string.IsNullOrEmpty(spec.ServiceAccountName) && !string.IsNullOrEmpty(spec.ServiceAccount))
            spec.ServiceAccountName = spec.ServiceAccount;
        if (!string.IsNullOrEmpty(spec.ServiceAccountName))
            spec.ServiceAccount = spec.ServiceAccountName;
    }
}
