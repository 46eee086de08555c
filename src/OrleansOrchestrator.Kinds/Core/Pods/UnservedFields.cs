using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>
/// Drops the fields of pods that belong to features which are not served: those that Kubernetes 1.33 has switched off, and those of later
/// versions that the model already knows. Nothing that is accepted without an effect is stored. A quota, for one, must not count
/// the resources of the whole pod when nothing holds the pod to them.
/// </summary>
/// <remarks>See dropDisabledFields in k8s.io/kubernetes/pkg/api/pod.</remarks>
internal static class UnservedFields
{
    /// <summary>Drops them from a pod, or from what pods are made of.</summary>
    public static void Drop(V1PodSpec spec)
    {
        spec.EvictionResponders = null;
        spec.HostnameOverride = null;
        spec.ResourceClaims = null;
        spec.Resources = null;
        spec.SchedulingGroup = null;
        foreach (var source in spec.Volumes.OrNone().SelectMany(volume => (volume.Projected?.Sources).OrNone()))
            source.PodCertificate = null;
        foreach (var container in spec.InitContainers.OrNone().Concat(spec.Containers.OrNone()))
        {
            container.RestartPolicyRules = null;
            Drop(container.Resources, container.Lifecycle, container.Env, container.VolumeMounts);
        }

        foreach (var container in spec.EphemeralContainers.OrNone())
        {
            container.RestartPolicyRules = null;
            Drop(container.Resources, container.Lifecycle, container.Env, container.VolumeMounts);
        }
    }

    private static void Drop(V1ResourceRequirements? resources, V1Lifecycle? lifecycle, IList<V1EnvVar>? environment, IList<V1VolumeMount>? mounts)
    {
        resources?.Claims = null;
        lifecycle?.StopSignal = null;
        foreach (var variable in environment.OrNone())
            variable.ValueFrom?.FileKeyRef = null;
        foreach (var mount in mounts.OrNone())
            mount.BindMountOptions = null;
    }
}
