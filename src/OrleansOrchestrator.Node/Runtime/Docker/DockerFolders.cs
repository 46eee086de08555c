using Docker.DotNet;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Removes folders as root, by a container, for a daemon that is not root: containers leave folders of their users.</summary>
/// <remarks>
/// Its program is the machine's own <c>rm</c>, which follows no link. To a later daemon the container is that of a pod that is gone, so
/// that it does not outlive a crash.
/// </remarks>
internal sealed class DockerFolders(DockerClient client, DockerImages images, ContainerOwner owner, TimeSpan requestTimeout)
{
    private const string Program = "/bin/rm";
    private const string Place = "/removed";
    private const string Root = "0:0";

    // What is mounted in a folder is not there in the container, so that it stays.
    private static readonly BindOptions WithoutMounts = new() { NonRecursive = true };

    // Where the program and its libraries are.
    private static readonly string[] SystemFolders = ["/bin", "/lib", "/lib32", "/lib64", "/usr"];

    /// <summary>Removes a folder.</summary>
    /// <exception cref="RuntimeException">The engine refuses, or has not removed it in time.</exception>
    public async Task RemoveAsync(string folder, CancellationToken cancellationToken)
    {
        await CallAsync(token => images.EnsureBuiltInAsync(BuiltInImages.Pause, token), cancellationToken);
        var id = (await CallAsync(token => client.Containers.CreateContainerAsync(ParametersOf(folder), token), cancellationToken)).ID;
        try
        {
            await CallAsync(token => client.Containers.StartContainerAsync(id, new ContainerStartParameters(), token), cancellationToken);
            var ended = await CallAsync(token => client.Containers.WaitContainerAsync(id, token), cancellationToken);
            if (ended.StatusCode != 0)
                throw new RuntimeException(RuntimeException.Unavailable, $"{Program} in a container ended with code {ended.StatusCode}");
        }
        finally
        {
            await DockerEngine.CallAsync(
                token => client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true }, token),
                requestTimeout, RuntimeException.Unavailable, CancellationToken.None);
        }
    }

    private CreateContainerParameters ParametersOf(string folder)
    {
        var spec = new SandboxSpec { PodUid = Guid.NewGuid().ToString(), PodName = "removal", PodNamespace = "kube-system", Hostname = "", Directory = "" };
        return new CreateContainerParameters
        {
            Name = ContainerLabels.NameOf("rm", spec.PodName, spec.PodNamespace, spec.PodUid, 0),
            Image = BuiltInImages.Pause,
            Entrypoint = [Program],
            Cmd = ["-rf", "--", $"{Place}/{Path.GetFileName(folder)}"],
            User = Root,
            Labels = ContainerLabels.OfSandbox(owner, spec),
            HostConfig = new HostConfig
            {
                NetworkMode = "none",
                SecurityOpt = ["label=disable"],
                Mounts = [.. SystemFolders.Where(Directory.Exists).Select(system => Bind(system, system, isReadOnly: true)), Bind(Path.GetDirectoryName(folder)!, Place, isReadOnly: false)],
            },
        };
    }

    private static Mount Bind(string source, string target, bool isReadOnly) => new() { Type = "bind", Source = source, Target = target, ReadOnly = isReadOnly, BindOptions = WithoutMounts };

    private Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        DockerEngine.CallAsync(call, requestTimeout, RuntimeException.Unavailable, cancellationToken);
}
