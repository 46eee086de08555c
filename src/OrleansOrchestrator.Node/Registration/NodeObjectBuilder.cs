using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>Computes the parts of the node object that the daemon owns. Pure.</summary>
internal sealed class NodeObjectBuilder(
    NodeAgentOptions options, MachineInfo machine, string address, int port, string runtimeVersion, string certificateHash, string voter, string volumeFolder)
{
    /// <summary>The annotation with the SHA-256 of the node's serving certificate, which callers pin.</summary>
    public const string CertificateAnnotation = "orleansorchestrator.io/serving-certificate-sha256";

    private const string Version = "v1.33.0";

    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>(options.Labels)
    {
        ["kubernetes.io/hostname"] = options.Name,
        ["kubernetes.io/os"] = "linux",
        ["kubernetes.io/arch"] = machine.Architecture,
    };

    public IReadOnlyDictionary<string, string> Annotations
    {
        get
        {
            var annotations = new Dictionary<string, string> { [FencingView.VoterAnnotation] = voter, [FencingTimes.Annotation] = options.Times.ToString() };

            // With a tunnel, the gateway publishes where it ends.
            if (!options.Tunnel)
                annotations[NodeTunnel.Annotation] = "";
            if (volumeFolder.Length > 0)
                annotations[LocalPathVolumes.FolderAnnotation] = volumeFolder;
            if (certificateHash.Length > 0)
                annotations[CertificateAnnotation] = certificateHash;
            return annotations;
        }
    }

    /// <summary>The resources for pods.</summary>
    public Dictionary<string, ResourceQuantity> Resources => new(StringComparer.Ordinal)
    {
        ["cpu"] = new ResourceQuantity(machine.Cores.ToString(CultureInfo.InvariantCulture)),
        ["memory"] = new ResourceQuantity(string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryBytes / 1024}Ki")),
        ["ephemeral-storage"] = new ResourceQuantity(string.Create(CultureInfo.InvariantCulture, $"{machine.DiskBytes / 1024}Ki")),
        ["pods"] = new ResourceQuantity(options.MaxPods.ToString(CultureInfo.InvariantCulture)),
    };

    /// <param name="fault">Why the node cannot run pods now; null if it can.</param>
    /// <param name="previous">The last reported conditions, whose transition times are kept.</param>
    /// <param name="now">The time of this report.</param>
    public V1NodeStatus Status(string? fault, IEnumerable<V1NodeCondition> previous, DateTimeOffset now)
    {
        var conditions = new (string Type, string Status, string Reason, string Message)[]
        {
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            fault is null
                ? ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
                : ("Ready", "False", "KubeletNotReady", fault),
        };
        var before = previous.ToDictionary(c => c.Type);
        return new V1NodeStatus
        {
            Capacity = Resources,
            Allocatable = Resources,
            Addresses =
            [
                new V1NodeAddress { Type = "InternalIP", Address = address },
                new V1NodeAddress { Type = "Hostname", Address = options.Name },
            ],
            Conditions = [.. conditions.Select(c => new V1NodeCondition
            {
                Type = c.Type,
                Status = c.Status,
                Reason = c.Reason,
                Message = c.Message,
                LastHeartbeatTime = WireTime.Seconds(now),
                LastTransitionTime = before.TryGetValue(c.Type, out var old) && old.Status == c.Status
                    ? old.LastTransitionTime
                    : WireTime.Seconds(now),
            })],
            DaemonEndpoints = new V1NodeDaemonEndpoints { KubeletEndpoint = new V1DaemonEndpoint { Port = port } },
            NodeInfo = new V1NodeSystemInfo
            {
                Architecture = machine.Architecture,
                BootID = machine.BootId,
                ContainerRuntimeVersion = runtimeVersion,
                KernelVersion = machine.KernelVersion,
                KubeletVersion = Version,
                KubeProxyVersion = Version,
                MachineID = machine.MachineId,
                OperatingSystem = "linux",
                OsImage = machine.OsImage,
                SystemUUID = machine.SystemUuid,
            },
        };
    }
}
