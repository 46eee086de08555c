using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>The containers that were added to a running pod to look into it.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/</remarks>
public static class EphemeralContainers
{
    /// <summary>The subresource by which they are added.</summary>
    public const string Subresource = "ephemeralcontainers";

    /// <summary>The ephemeral containers of a pod in the form of the others.</summary>
    public static IEnumerable<V1Container> EphemeralContainersAsOthers(this V1PodSpec spec) => (spec.EphemeralContainers ?? []).Select(AsOther);

    /// <summary>An ephemeral container in the form of the others, without the name of its target.</summary>
    public static V1Container AsOther(this V1EphemeralContainer container) => new()
    {
        Name = container.Name,
        Image = container.Image,
        ImagePullPolicy = container.ImagePullPolicy,
        Command = container.Command,
        Args = container.Args,
        WorkingDir = container.WorkingDir,
        Env = container.Env,
        EnvFrom = container.EnvFrom,
        VolumeMounts = container.VolumeMounts,
        VolumeDevices = container.VolumeDevices,
        Resources = container.Resources,
        SecurityContext = container.SecurityContext,
        TerminationMessagePath = container.TerminationMessagePath,
        TerminationMessagePolicy = container.TerminationMessagePolicy,
        Stdin = container.Stdin,
        StdinOnce = container.StdinOnce,
        Tty = container.Tty,
        Ports = container.Ports,
        Lifecycle = container.Lifecycle,
        LivenessProbe = container.LivenessProbe,
        ReadinessProbe = container.ReadinessProbe,
        StartupProbe = container.StartupProbe,
        ResizePolicy = container.ResizePolicy,
        RestartPolicy = container.RestartPolicy,
    };
}
