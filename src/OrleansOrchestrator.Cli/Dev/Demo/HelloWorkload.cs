using System.Runtime.InteropServices;
using k8s.Models;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>The service of the demo: this executable's own <c>hello</c> command, under a ReplicationController or a Deployment, and a Service.</summary>
/// <remarks>
/// It needs no registry. On Docker it runs in an empty image with the host's system folders and this program mounted read-only. As
/// a process it runs in place.
/// </remarks>
internal static class HelloWorkload
{
    /// <summary>The name of all objects.</summary>
    public const string Name = "hello";

    /// <summary>The service's port: one that needs no root.</summary>
    public const int ServicePort = 8080;

    /// <summary>The environment variable with the release that a pod serves.</summary>
    public const string ReleaseVariable = "RELEASE";

    private const int ContainerPort = 8080;
    private const string HostImage = "orleansorchestrator/host:1";

    private static readonly Dictionary<string, string> Labels = new() { ["app"] = Name };

    /// <summary>The ReplicationController.</summary>
    public static V1ReplicationController Controller(int replicas) => new()
    {
        Metadata = new V1ObjectMeta { Name = Name },
        Spec = new V1ReplicationControllerSpec
        {
            Replicas = replicas,
            Selector = Labels,
            Template = Template(),
        },
    };

    /// <summary>The Deployment, of a release.</summary>
    public static V1Deployment Deployment(int replicas, string release)
    {
        var template = Template();
        template.Spec.Containers[0].Env.Add(new V1EnvVar { Name = ReleaseVariable, Value = release });
        return new V1Deployment
        {
            Metadata = new V1ObjectMeta { Name = Name },
            Spec = new V1DeploymentSpec { Replicas = replicas, Selector = new V1LabelSelector { MatchLabels = Labels }, Template = template },
        };
    }

    /// <summary>The release that a pod serves; null for none.</summary>
    public static string? ReleaseOf(V1Pod pod) => pod.Spec.Containers[0].Env?.FirstOrDefault(variable => variable.Name == ReleaseVariable)?.Value;

    /// <summary>The Service.</summary>
    public static V1Service Service() => new()
    {
        Metadata = new V1ObjectMeta { Name = Name },
        Spec = new V1ServiceSpec
        {
            Selector = Labels,
            Ports = [new V1ServicePort { Name = "http", Port = ServicePort, TargetPort = ContainerPort }],
        },
    };

    private static V1PodTemplateSpec Template() => new()
    {
        Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string>(Labels) },
        Spec = new V1PodSpec
        {
            TerminationGracePeriodSeconds = 5,
            Containers = [Container()],
            Volumes = [.. HostFolders().Select((path, i) => new V1Volume { Name = $"host-{i}", HostPath = new V1HostPathVolumeSource { Path = path } })],
        },
    };

    private static V1Container Container() => new()
    {
        Name = Name,
        Image = HostImage,
        ImagePullPolicy = "IfNotPresent",
        Command = [Path.Combine(DotNetRoot(), "dotnet"), Path.Combine(AppContext.BaseDirectory, "orchestrator.dll"), "hello"],
        Ports = [new V1ContainerPort { ContainerPort = ContainerPort }],
        Env =
        [
            FromField("POD_NAME", "metadata.name"),
            FromField("ORCHESTRATOR_ADDRESS", "status.podIP"),
            new V1EnvVar { Name = "ORCHESTRATOR_PORT", Value = "8080" },
            new V1EnvVar { Name = "DOTNET_EnableDiagnostics", Value = "0" },
            new V1EnvVar { Name = "DOTNET_TieredPGO", Value = "0" },
        ],
        ReadinessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = ContainerPort }, PeriodSeconds = 1 },
        VolumeMounts = [.. HostFolders().Select((path, i) => new V1VolumeMount { Name = $"host-{i}", MountPath = path, ReadOnlyProperty = true })],
    };

    private static V1EnvVar FromField(string name, string path) => new()
    {
        Name = name,
        ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = path } },
    };

    /// <summary>The host folders that the program needs: libraries, the .NET runtime, and its own folder.</summary>
    private static List<string> HostFolders()
    {
        var folders = new List<string>();
        foreach (var path in new[] { "/usr", "/lib", "/lib64", DotNetRoot(), AppContext.BaseDirectory.TrimEnd('/') })
        {
            if (Directory.Exists(path) && !folders.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal)))
                folders.Add(path);
        }

        return folders;
    }

    private static string DotNetRoot() =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
