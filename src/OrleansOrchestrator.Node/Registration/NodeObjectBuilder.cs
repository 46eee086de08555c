using OrleansOrchestrator.Kinds.Core;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Thresholds;
using k8s.Models;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>Computes the parts of the node object that the daemon owns. Pure.</summary>
internal sealed class NodeObjectBuilder(
    NodeAgentOptions options, MachineInfo machine, NodeResources resources, string address, int port, string runtimeVersion, Func<string> certificateHashes, string voter, string volumeFolder)
{
    // As the kubelet's nodeStatusMaxImages, and its names of an image.
    private const int ImagesMax = 50;
    private const int NamesOfImageMax = 5;

    private const string Version = "v1.33.0";

    public IReadOnlyDictionary<string, string> Labels => LabelsOf(options, machine);

    /// <summary>The labels that a daemon gives to its node.</summary>
    public static IReadOnlyDictionary<string, string> LabelsOf(NodeAgentOptions options, MachineInfo machine) => new Dictionary<string, string>(options.Labels)
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
            if (certificateHashes() is { Length: > 0 } hashes)
                annotations[NodeAnnotations.ServingCertificate] = hashes;
            return annotations;
        }
    }

    /// <param name="health">How the node is.</param>
    /// <param name="images">The images that the node has.</param>
    /// <param name="previous">The last reported conditions, whose transition times are kept.</param>
    /// <param name="now">The time of this report.</param>
    public V1NodeStatus Status(NodeHealth health, IEnumerable<NodeImage> images, IEnumerable<V1NodeCondition> previous, DateTimeOffset now)
    {
        (string Type, string Status, string Reason, string Message)[] conditions =
        [
            .. PressureCondition.All.Select(condition => health.Holds(condition)
                ? (condition.Type, "True", condition.Reason, condition.Message)
                : (condition.Type, "False", condition.ReasonWithout, condition.MessageWithout)),
            health.Fault is null
                ? ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
                : ("Ready", "False", "KubeletNotReady", health.Fault),
        ];
        var before = previous.ToDictionary(c => c.Type);
        return new V1NodeStatus
        {
            Capacity = NodeResources.ToObject(resources.Capacity),
            Allocatable = NodeResources.ToObject(resources.Allocatable),
            Images = [.. images.OrderByDescending(image => image.SizeBytes).Take(ImagesMax).Select(image => new V1ContainerImage
            {
                Names = [.. image.Names.Take(NamesOfImageMax)],
                SizeBytes = image.SizeBytes,
            })],
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
