using System.Net.Sockets;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Counts and times the calls of a container runtime, under the kubelet's names. The owner of the inner runtime disposes of
/// it.</summary>
internal sealed class MeasuredRuntime(IContainerRuntime runtime, NodeInstruments instruments) : IContainerRuntime
{
    public event Action<string>? PodChanged
    {
        add => runtime.PodChanged += value;
        remove => runtime.PodChanged -= value;
    }

    public string Version => runtime.Version;

    public string Scheme => runtime.Scheme;

    public bool StartsInstantly => runtime.StartsInstantly;

    public bool HasImages => runtime.HasImages;

    public bool MapsHostPorts => runtime.MapsHostPorts;

    public bool CanResize => runtime.CanResize;

    public string? ImageFolder => runtime.ImageFolder;

    public string? Fault => runtime.Fault;

    public PodPlace? PlaceOf(string podUid) => runtime.PlaceOf(podUid);

    public Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken) =>
        TimeAsync("list_podsandbox", instruments.BeginOperation(), runtime.ListAsync(cancellationToken));

    public Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken) =>
        TimeAsync("podsandbox_status", instruments.BeginOperation(), runtime.InspectAsync(podUid, cancellationToken));

    public Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken) =>
        TimeAsync("container_stats", instruments.BeginOperation(), runtime.MeasureAsync(pods, cancellationToken));

    public Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken) =>
        TimeAsync("container_storage", instruments.BeginOperation(), runtime.MeasureStorageAsync(pods, cancellationToken));

    public Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken) =>
        TimeAsync("run_podsandbox", instruments.BeginOperation(), runtime.CreateSandboxAsync(spec, cancellationToken));

    public Task StopSandboxAsync(string podUid, CancellationToken cancellationToken) =>
        TimeAsync("stop_podsandbox", instruments.BeginOperation(), runtime.StopSandboxAsync(podUid, cancellationToken));

    public Task RemovePodAsync(string podUid, CancellationToken cancellationToken) =>
        TimeAsync("remove_podsandbox", instruments.BeginOperation(), runtime.RemovePodAsync(podUid, cancellationToken));

    public Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken) =>
        TimeAsync("pull_image", instruments.BeginOperation(), runtime.EnsureImageAsync(image, policy, credentials, cancellationToken));

    public Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken) =>
        TimeAsync("image_status", instruments.BeginOperation(), runtime.FindLayersAsync(image, cancellationToken));

    public Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        TimeAsync("list_images", instruments.BeginOperation(), runtime.ListImagesAsync(cancellationToken));

    public Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken) =>
        TimeAsync("remove_image", instruments.BeginOperation(), runtime.RemoveImageAsync(image, cancellationToken));

    public Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken) =>
        TimeAsync("create_container", instruments.BeginOperation(), runtime.CreateContainerAsync(sandbox, spec, cancellationToken));

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        TimeAsync("start_container", instruments.BeginOperation(), runtime.StartContainerAsync(containerId, cancellationToken));

    public Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken) =>
        TimeAsync("update_container", instruments.BeginOperation(), runtime.UpdateContainerAsync(containerId, resources, cancellationToken));

    public Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken) =>
        TimeAsync("stop_container", instruments.BeginOperation(), runtime.SignalContainerAsync(containerId, signal, cancellationToken));

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        TimeAsync("remove_container", instruments.BeginOperation(), runtime.RemoveContainerAsync(containerId, cancellationToken));

    public Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken) =>
        runtime.CopyLogsAsync(containerId, query, output, cancellationToken);

    public Task<ExecResult> ExecAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        TimeAsync("exec_sync", instruments.BeginOperation(), runtime.ExecAsync(containerId, command, timeout, cancellationToken));

    public Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        TimeAsync("exec", instruments.BeginOperation(), runtime.OpenExecAsync(containerId, request, cancellationToken));

    public Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        TimeAsync("attach", instruments.BeginOperation(), runtime.OpenAttachAsync(containerId, request, cancellationToken));

    public Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken) =>
        TimeAsync("port_forward", instruments.BeginOperation(), runtime.ConnectAsync(podUid, port, cancellationToken));

    public ValueTask DisposeAsync() => default;

    private Task<T> TimeAsync<T>(string operation, long began, Task<T> call) => began == 0 ? call : EndAsync(operation, began, call);

    private Task TimeAsync(string operation, long began, Task call) => began == 0 ? call : EndAsync(operation, began, call);

    private async Task<T> EndAsync<T>(string operation, long began, Task<T> call)
    {
        await EndAsync(operation, began, (Task)call);
        return await call;
    }

    private async Task EndAsync(string operation, long began, Task call)
    {
        try
        {
            await call;
        }
        finally
        {
            instruments.OperationEnded(operation, began, call.IsCompletedSuccessfully);
        }
    }
}
