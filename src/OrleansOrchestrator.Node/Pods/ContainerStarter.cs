using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Status;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Starts one container: image, environment, creation, start, with their events.</summary>
internal sealed class ContainerStarter(PodServices services)
{
    /// <summary>The older instances of a container to keep besides the newest: <c>kubectl logs --previous</c> and the last state need
    /// one.</summary>
    private const int KeptAttempts = 1;

    /// <summary>Starts the container.</summary>
    /// <param name="pod">The pod, with its addresses in its status.</param>
    /// <param name="sandbox">The pod in the runtime.</param>
    /// <param name="start">The container and the number of the attempt.</param>
    /// <param name="volumes">The paths of volumes on the node by name; null if nothing is mounted.</param>
    /// <param name="cancellationToken">Cancels a pull.</param>
    /// <returns>The container's id in the runtime.</returns>
    /// <exception cref="RuntimeException">The start failed; events already report it.</exception>
    public async Task<string> StartAsync(
        V1Pod pod, PodSandbox sandbox, ContainerStart start, IReadOnlyDictionary<string, string>? volumes, CancellationToken cancellationToken)
    {
        var runtime = services.Runtime;
        var image = await services.Images.PullAsync(pod, start.Container.Name, start.Container.Image ?? "", start.Container.ImagePullPolicy, cancellationToken);
        await RemoveOldAsync(sandbox, start, cancellationToken);
        try
        {
            NonRootPolicy.Verify(pod, start.Container, image.User);
            var directory = services.DirectoryOf(pod.Metadata.Uid);
            var spec = await services.Specs.BuildAsync(pod, start, image, volumes, directory, cancellationToken);
            spec = WithFiles(pod, sandbox, spec) with { ProcessesOf = TargetOf(pod, sandbox, spec.Name) };
            string id;
            using (await services.Starts.EnterAsync(cancellationToken))
            {
                var began = services.TimeProvider.GetTimestamp();
                id = await runtime.CreateContainerAsync(sandbox, spec, cancellationToken);
                if (runtime.HasImages)
                    services.Events.Record(pod, spec.Name, EventType.Normal, "Created", $"Created container: {spec.Name}");
                await runtime.StartContainerAsync(id, cancellationToken);
                services.Instruments.ContainerStartTook(services.TimeProvider.GetElapsedTime(began));
            }

            services.Events.Record(pod, spec.Name, EventType.Normal, "Started", runtime.HasImages
                ? $"Started container {spec.Name}"
                : $"Started container {spec.Name} as a process of the host; its image means nothing here");
            return id;
        }
        catch (Exception exception) when (exception is ConfigurationException or IOException or UnauthorizedAccessException)
        {
            // A full disk among others: it is this container's start that fails, and not the pod's others.
            services.Events.Record(pod, start.Container.Name, EventType.Warning, "Failed", $"Error: {exception.Message}");
            throw new RuntimeException(RuntimeException.CreateContainerConfig, exception.Message, exception);
        }
        catch (RuntimeException exception)
        {
            services.Events.Record(pod, start.Container.Name, EventType.Warning, "Failed", $"Error: {exception.Message}");
            throw;
        }
    }

    /// <summary>The container into whose processes an ephemeral container looks; null if it names none.</summary>
    private static string? TargetOf(V1Pod pod, PodSandbox sandbox, string name)
    {
        if (pod.Spec.EphemeralContainers?.FirstOrDefault(container => container.Name == name)?.TargetContainerName is not { Length: > 0 } target)
            return null;
        return sandbox.Newest(target) is { Phase: ContainerPhase.Running } running
            ? running.Id
            : throw new ConfigurationException($"unable to find target container {target}");
    }

    private async Task RemoveOldAsync(PodSandbox sandbox, ContainerStart start, CancellationToken cancellationToken)
    {
        var old = sandbox.Containers.Where(c => c.Name == start.Container.Name
            && (c.Attempt < start.Attempt - KeptAttempts || c.Attempt >= start.Attempt));
        foreach (var container in old)
        {
            await services.Runtime.RemoveContainerAsync(container.Id, cancellationToken);
            TerminationMessages.Remove(services.DirectoryOf(sandbox.PodUid), container);
        }
    }

    /// <summary>The container with the files that the node keeps for it, unless it has files of its own there.</summary>
    private ContainerSpec WithFiles(V1Pod pod, PodSandbox sandbox, ContainerSpec spec)
    {
        if (services.Runtime.StartsInstantly)
            return spec;
        Directory.CreateDirectory(spec.PodDirectory);
        var domain = services.Options.ClusterDomain;
        spec = WithFile(spec, "/etc/hosts", () => Write("etc-hosts", spec.HostNetwork
            ? HostsFile.OfHost(pod, File.ReadAllText("/etc/hosts"))
            : HostsFile.Content(pod, PodHostname.Of(pod), sandbox.Ip, domain)));
        spec = WithFile(spec, ContainerSpec.ResolverPath, () => WriteResolver(pod, Path.Combine(spec.PodDirectory, "etc-resolv.conf")));
        return spec.TerminationMessagePath.Length == 0
            ? spec
            : WithFile(spec, spec.TerminationMessagePath, () => TerminationMessages.Create(spec.PodDirectory, spec.Name, spec.Attempt));

        string Write(string name, string content)
        {
            var path = Path.Combine(spec.PodDirectory, name);
            ShownFile.Write(path, content);
            return path;
        }
    }

    /// <summary>Writes the pod's resolver. What the pod does not get is told only once.</summary>
    private string WriteResolver(V1Pod pod, string path)
    {
        var isWritten = File.Exists(path);
        var servers = services.Dns.ServersOf(pod);

        // A static pod starts before the services are known, and keeps what an earlier daemon knew.
        if (servers is null && isWritten)
            return path;
        ShownFile.Write(path, ResolverFile.Content(pod, services.Options, servers ?? [], ResolverFile.ReadHost, Tell));
        return path;

        void Tell(string reason, string message)
        {
            if (!isWritten)
                services.Events.Record(pod, null, EventType.Warning, reason, message);
        }
    }

    private static ContainerSpec WithFile(ContainerSpec spec, string target, Func<string> make) => spec.Mounts.Any(mount => mount.Target.TrimEnd('/') == target)
        ? spec
        : spec with { Mounts = [.. spec.Mounts, new ContainerMount("", make(), target, ReadOnly: false)] };
}
