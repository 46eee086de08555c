using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Resolves a container of a pod into the runtime's input.</summary>
internal sealed class ContainerSpecBuilder(EnvironmentBuilder environment, IServiceSource services, SecurityBuilder security, decimal memoryCapacity)
{
    /// <param name="pod">The pod, with its addresses in its status.</param>
    /// <param name="start">The container and the number of the attempt.</param>
    /// <param name="image">The image on the node.</param>
    /// <param name="volumes">The paths of volumes on the node by name; null if nothing is mounted.</param>
    /// <param name="directory">The pod's folder on the node.</param>
    /// <param name="cancellationToken">Cancels the look-ups.</param>
    /// <exception cref="ConfigurationException">Something that the container refers to is missing.</exception>
    public async Task<ContainerSpec> BuildAsync(
        V1Pod pod,
        ContainerStart start,
        ImageResult image,
        IReadOnlyDictionary<string, string>? volumes,
        string directory,
        CancellationToken cancellationToken)
    {
        var container = start.Container;
        // As with the kubelet: a static pod starts without the API, and then without variables of services.
        var known = services.Services ?? (pod.IsStatic ? Array.Empty<V1Service>() : null)
            ?? throw new ConfigurationException("services have not yet been read at least once, cannot construct envvars");
        var input = new ProgramInput();
        var variables = await environment.BuildAsync(pod, container, known, input, cancellationToken);
        return new ContainerSpec
        {
            Name = container.Name,
            Attempt = start.Attempt,
            Image = container.Image ?? "",
            ImageId = image.ImageId,
            SpecHash = ContainerSpecHash.Of(container),
            Command = input.Expand(container.Command, variables),
            Arguments = input.Expand(container.Args, variables),
            Environment = [.. variables],
            WorkingDirectory = string.IsNullOrEmpty(container.WorkingDir) ? null : container.WorkingDir,
            Mounts = volumes is null ? [] : [.. Mounts(pod, container, volumes, variables, directory)],
            Resources = ContainerAmounts.Of(container) with { OomScoreAdjust = QualityOfService.OomScoreAdjust(pod, container, memoryCapacity) },
            Security = security.Build(pod, container, image.User),
            TerminationMessagePath = container.TerminationMessagePath ?? "",
            Processes = pod.Spec.HostPID == true ? ProcessScope.Host : pod.Spec.ShareProcessNamespace == true ? ProcessScope.Pod : ProcessScope.Container,
            HostNetwork = pod.Spec.HostNetwork == true,
            Stdin = container.Stdin == true,
            StdinOnce = container.StdinOnce == true,
            Tty = container.Tty == true,
            PodDirectory = directory,
        };
    }

    private static IEnumerable<ContainerMount> Mounts(
        V1Pod pod, V1Container container, IReadOnlyDictionary<string, string> volumes, IReadOnlyDictionary<string, string> variables, string directory)
    {
        if (container.VolumeDevices is { Count: > 0 } devices)
            throw new ConfigurationException($"the node does not support the volume device \"{devices[0].Name}\" of container \"{container.Name}\"");
        foreach (var (index, mount) in (container.VolumeMounts ?? []).Index())
        {
            if (mount.RecursiveReadOnly == "Enabled")
                throw new ConfigurationException($"failed to resolve recursive read-only mode: volume \"{mount.Name}\" of container \"{container.Name}\": the runtime does not support recursive read-only mounts");
            if (!volumes.TryGetValue(mount.Name, out var source))
                throw new ConfigurationException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
            var volume = pod.Spec.Volumes?.FirstOrDefault(one => one.Name == mount.Name);
            var isImage = volume?.Image is not null;
            var subPath = string.IsNullOrEmpty(mount.SubPathExpr) ? mount.SubPath : Expand(mount.SubPathExpr, variables);
            if (!string.IsNullOrEmpty(subPath))
            {
                var place = Path.Combine(directory, "subpaths", container.Name, index.ToString(CultureInfo.InvariantCulture));
                source = SubPathOf(source, subPath, isImage, place, mount.Name, container.Name);
            }

            // Only the daemon writes volumes with objects of the API, so that no container can plant links in them.
            var isReadOnly = isImage || (volume is not null && (VolumeContent.IsProjected(volume) || volume.PersistentVolumeClaim?.ReadOnlyProperty == true));
            yield return new ContainerMount(
                mount.Name, source, mount.MountPath.StartsWith('/') ? mount.MountPath : $"/{mount.MountPath}", mount.ReadOnlyProperty == true || isReadOnly, PropagationOf(mount));
        }
    }

    /// <summary>A path that depends on variables. Without one of them it would be another path, or the whole volume.</summary>
    private static string Expand(string expression, IReadOnlyDictionary<string, string> variables)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var path = VariableExpansion.Expand(expression, variables, missing);
        return missing.Count == 0 ? path : throw new ConfigurationException($"missing value for {string.Join(", ", missing)}");
    }

    private static MountPropagation PropagationOf(V1VolumeMount mount) => mount.MountPropagation switch
    {
        "HostToContainer" => MountPropagation.HostToContainer,
        "Bidirectional" => MountPropagation.Bidirectional,
        _ => MountPropagation.None,
    };

    private static string SubPathOf(string volume, string subPath, bool isReadOnly, string place, string name, string container)
    {
        try
        {
            using var opened = SubPath.Open(volume, subPath, isReadOnly);
            return opened.MountAt(place);
        }
        catch (Exception exception) when (exception is ConfigurationException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"failed to prepare subPath for volumeMount \"{name}\" of container \"{container}\": {exception.Message}");
        }
    }
}
