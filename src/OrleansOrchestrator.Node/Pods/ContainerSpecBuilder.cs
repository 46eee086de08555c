using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Resolves a container of a pod to what a runtime needs.</summary>
internal sealed class ContainerSpecBuilder(EnvironmentBuilder environment, IServiceSource services, decimal memoryCapacity)
{
    /// <param name="pod">The pod, with its addresses in its status.</param>
    /// <param name="start">Which container, and the how-manieth attempt.</param>
    /// <param name="imageId">The image that was found or pulled for it.</param>
    /// <param name="volumes">Where each volume is on the node, by name.</param>
    /// <param name="directory">The folder of the pod on the node.</param>
    /// <param name="cancellationToken">Ends the look-ups.</param>
    /// <exception cref="ConfigurationException">Something the container refers to is missing.</exception>
    public async Task<ContainerSpec> BuildAsync(
        V1Pod pod,
        ContainerStart start,
        string imageId,
        IReadOnlyDictionary<string, string> volumes,
        string directory,
        CancellationToken cancellationToken)
    {
        var container = start.Container;
        var known = services.Services
            ?? throw new ConfigurationException("services have not yet been read at least once, cannot construct envvars");
        var variables = await environment.BuildAsync(pod, container, known, cancellationToken);
        return new ContainerSpec
        {
            Name = container.Name,
            Attempt = start.Attempt,
            Image = container.Image ?? "",
            ImageId = imageId,
            SpecHash = ContainerSpecHash.Of(container),
            Command = [.. (container.Command ?? []).Select(word => VariableExpansion.Expand(word, variables))],
            Arguments = [.. (container.Args ?? []).Select(word => VariableExpansion.Expand(word, variables))],
            Environment = [.. variables],
            WorkingDirectory = string.IsNullOrEmpty(container.WorkingDir) ? null : container.WorkingDir,
            Mounts = [.. Mounts(container, volumes, variables)],
            Resources = Resources(pod, container),
            Security = Security(pod, container),
            HostNetwork = pod.Spec.HostNetwork == true,
            Stdin = container.Stdin == true,
            Tty = container.Tty == true,
            PodDirectory = directory,
        };
    }

    private static IEnumerable<ContainerMount> Mounts(
        V1Container container, IReadOnlyDictionary<string, string> volumes, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var mount in container.VolumeMounts ?? [])
        {
            if (!volumes.TryGetValue(mount.Name, out var source))
                throw new ConfigurationException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
            var subPath = string.IsNullOrEmpty(mount.SubPathExpr)
                ? mount.SubPath
                : VariableExpansion.Expand(mount.SubPathExpr, variables);
            yield return new ContainerMount(
                mount.Name,
                SubPathOf(source, subPath, container.Name),
                mount.MountPath,
                mount.ReadOnlyProperty == true,
                mount.MountPropagation is "HostToContainer" or "Bidirectional");
        }
    }

    private static string SubPathOf(string source, string? subPath, string container)
    {
        if (string.IsNullOrEmpty(subPath))
            return source;
        if (Path.IsPathRooted(subPath) || subPath.Split('/').Contains(".."))
            throw new ConfigurationException($"the subPath \"{subPath}\" of container \"{container}\" leaves its volume");
        var path = Path.Combine(source, subPath);
        if (!Path.Exists(path))
            Directory.CreateDirectory(path);
        return path;
    }

    private ContainerResources Resources(V1Pod pod, V1Container container)
    {
        var (limits, requests) = (container.Resources?.Limits, container.Resources?.Requests);
        return new ContainerResources
        {
            CpuRequestMillis = Millis(QualityOfService.Quantity(requests, "cpu") ?? QualityOfService.Quantity(limits, "cpu")),
            CpuLimitMillis = Millis(QualityOfService.Quantity(limits, "cpu")),
            MemoryLimitBytes = (long)(QualityOfService.Quantity(limits, "memory") ?? 0),
            OomScoreAdjust = QualityOfService.OomScoreAdjust(pod, container, memoryCapacity),
        };
    }

    private static long Millis(decimal? cores) => (long)decimal.Ceiling((cores ?? 0) * 1000);

    private static ContainerSecurity Security(V1Pod pod, V1Container container)
    {
        var (whole, own) = (pod.Spec.SecurityContext, container.SecurityContext);
        return new ContainerSecurity
        {
            User = own?.RunAsUser ?? whole?.RunAsUser,
            Group = own?.RunAsGroup ?? whole?.RunAsGroup,
            SupplementalGroups = [.. (whole?.SupplementalGroups ?? []).OfType<long>(), .. whole?.FsGroup is { } group ? [group] : Array.Empty<long>()],
            Privileged = own?.Privileged == true,
            ReadOnlyRoot = own?.ReadOnlyRootFilesystem == true,
            NoNewPrivileges = own?.AllowPrivilegeEscalation == false,
            AddCapabilities = [.. own?.Capabilities?.Add ?? []],
            DropCapabilities = [.. own?.Capabilities?.Drop ?? []],
        };
    }
}
