using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Sources;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Applies the plans of one pod and remembers the results.</summary>
/// <param name="source">Where the pod comes from.</param>
/// <param name="services">The services that all workers share.</param>
/// <param name="memory">The pod's memory.</param>
/// <param name="hooks">The pod's hooks.</param>
/// <param name="resizer">Follows what the pod asks for.</param>
internal sealed partial class PodActuator(IPodSource source, PodServices services, PodMemory memory, PodHooks hooks, PodResizer resizer)
{
    private static readonly IReadOnlyDictionary<string, string> NoVolumes = new Dictionary<string, string>();

    private readonly ILogger _logger = services.Logger;
    private readonly ContainerStarter _starter = new(services);

    private DateTimeOffset Now => services.Steady.GetUtcNow();

    /// <param name="view">The plan's input.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="report">Reports a status that would otherwise be skipped.</param>
    /// <param name="cancellationToken">Cancels slow actions.</param>
    public async Task ApplyAsync(PodView view, PodPlan plan, Func<PodView, Task> report, CancellationToken cancellationToken)
    {
        if (plan.Failure is { } failure)
        {
            memory.Fail(failure);
            services.Events.Record(
                view.Pod, null, failure.IsWarning ? EventType.Warning : EventType.Normal, failure.Reason, failure.Rejection ?? failure.Message);
        }

        if (plan.ReplacesSandbox && memory.NoteSandboxReplaced(view.Sandbox!.Id))
            services.Events.Record(view.Pod, null, EventType.Normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
        foreach (var stop in plan.Stops)
            await StopAsync(view, stop, cancellationToken);
        foreach (var update in plan.Updates)
            await UpdateAsync(view, update, cancellationToken);
        if (plan.StopSandbox)
            await services.Runtime.StopSandboxAsync(view.Pod.Metadata.Uid, cancellationToken);
        if (plan.CreateSandbox)
            await CreateSandboxAsync(view, cancellationToken);
        foreach (var start in plan.Starts)
            await StartAsync(view, start, report, cancellationToken);
        if (services.Runtime.PlaceOf(view.Pod.Metadata.Uid) is { Cgroup: { } cgroup })
            PodCgroups.Weigh(cgroup, PodRequests.Compute(view.Pod.Spec).CpuMilli);
    }

    /// <summary>Refreshes volumes with objects of the API when that is due; returns the wait until the next refresh.</summary>
    public async Task<TimeSpan?> RefreshVolumesAsync(PodView view, CancellationToken cancellationToken)
    {
        if (view.IsTerminal || view.IsDeleted || services.Runtime.StartsInstantly || view.Pod.Spec.Volumes?.Any(VolumeContent.IsProjected) != true)
            return null;
        var age = view.Now - memory.VolumesReadAt;
        if (age < services.Options.SyncPeriod)
            return services.Options.SyncPeriod - age;
        await RenewVolumesAsync(view, cancellationToken);
        return services.Options.SyncPeriod;
    }

    /// <summary>Renews the volumes of a pod that has them all. It keeps the old content of those that fail until their object is back.</summary>
    private async Task RenewVolumesAsync(PodView view, CancellationToken cancellationToken)
    {
        try
        {
            await PrepareVolumesAsync(view, cancellationToken);
        }
        catch (ConfigurationException exception)
        {
            services.Events.Record(view.Pod, null, EventType.Warning, "FailedMount", exception.Message);
            memory.VolumesReadAt = Now;
        }
    }

    private async Task StopAsync(PodView view, ContainerStop stop, CancellationToken cancellationToken)
    {
        if (stop.Message is { } message)
            services.Events.Record(view.Pod, stop.Container.Name, EventType.Normal, "Killing", message.Replace("{0}", stop.Container.Name, StringComparison.Ordinal));
        if (stop.Step != StopStep.Hook)
        {
            var signal = stop.Step == StopStep.Kill ? ContainerSignal.Kill : ContainerSignal.Terminate;
            await services.Runtime.SignalContainerAsync(stop.Container.Id, signal, cancellationToken);
        }
        else if (view.SpecOf(stop.Container.Name) is { Lifecycle.PreStop: { } hook } container)
        {
            hooks.Begin(hook, container, stop.Container.Id, view.Sandbox?.Ip ?? services.HostAddress, _ =>
                services.Events.Record(view.Pod, container.Name, EventType.Warning, "FailedPreStopHook", "PreStopHook failed"));
        }

        memory.NoteStop(stop, Now);
    }

    private async Task UpdateAsync(PodView view, ContainerUpdate update, CancellationToken cancellationToken)
    {
        try
        {
            await services.Runtime.UpdateContainerAsync(update.Container.Id, update.Resources, cancellationToken);
            memory.NoteUpdated(update);
        }
        catch (RuntimeException exception)
        {
            if (memory.NoteUpdateFailed(update, exception.Message, Now))
                resizer.NoteFailed(view.Pod, exception.Message);
        }
    }

    private async Task CreateSandboxAsync(PodView view, CancellationToken cancellationToken)
    {
        var uid = view.Pod.Metadata.Uid;
        try
        {
            if (!services.Runtime.StartsInstantly)
                Directory.CreateDirectory(services.DirectoryOf(uid));
            await PrepareVolumesAsync(view, cancellationToken);
            var spec = await SpecAsync(view, cancellationToken);
            Check(view.Pod, spec);
            using (await services.Starts.EnterAsync(cancellationToken))
                await services.Runtime.CreateSandboxAsync(spec, cancellationToken);
            memory.NoteSandboxCreated();
            services.Instruments.SandboxStarted(succeeded: true);
        }
        catch (ConfigurationException exception)
        {
            services.Events.Record(view.Pod, null, EventType.Warning, "FailedMount", exception.Message);
            memory.NoteFailed(PodPlanner.SandboxKey, null, Now);
        }
        catch (RuntimeException exception)
        {
            services.Events.Record(
                view.Pod, null, EventType.Warning, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {exception.Message}");
            services.Instruments.SandboxStarted(succeeded: false);
            memory.NoteFailed(PodPlanner.SandboxKey, null, Now);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            // A volume needs an object of the API, and the API is away.
            LogStartDelayed(view.Pod.Metadata.NamespaceProperty, view.Pod.Metadata.Name, exception.Message);
            memory.NoteFailed(PodPlanner.SandboxKey, null, Now);
        }
    }

    /// <exception cref="RuntimeException">The pod cannot have the sandbox that it asks for.</exception>
    private async Task<SandboxSpec> SpecAsync(PodView view, CancellationToken cancellationToken)
    {
        if (view.Pod.Spec.HostUsers == false && !services.Runtime.StartsInstantly)
            throw new RuntimeException(RuntimeException.CreateSandbox, "the runtime does not support user namespaces (hostUsers: false)");
        try
        {
            var attempt = view.Sandbox is { } old ? old.Attempt + 1 : 0;
            var handler = services.Runtime.StartsInstantly ? "" : await services.RuntimeClasses.HandlerOfAsync(view.Pod, cancellationToken);
            return SandboxSpecBuilder.Build(
                view.Pod, attempt, services.DirectoryOf(view.Pod.Metadata.Uid), source.StopAfter(view.Pod), handler, services.Options);
        }
        catch (ConfigurationException exception)
        {
            throw new RuntimeException(RuntimeException.CreateSandbox, exception.Message, exception);
        }
    }

    /// <exception cref="RuntimeException">The pod asks for more than one pod gets.</exception>
    private void Check(V1Pod pod, SandboxSpec spec)
    {
        foreach (var (reason, message) in UnsupportedFields.WhatIsLeftOut(pod, services.Runtime))
            services.Events.Record(pod, null, EventType.Warning, reason, message);

        // An engine may start a process for each port.
        if (services.Runtime.MapsHostPorts && spec.HostPorts.Count > services.Options.PodHostPortsMax)
        {
            throw new RuntimeException(
                RuntimeException.CreateSandbox, $"the pod asks for {spec.HostPorts.Count} host ports, more than the {services.Options.PodHostPortsMax} that one pod gets");
        }
    }

    private async Task StartAsync(PodView view, ContainerStart start, Func<PodView, Task> report, CancellationToken cancellationToken)
    {
        var name = start.Container.Name;
        try
        {
            if (memory.Volumes is null)
                await PrepareVolumesAsync(view, cancellationToken);
            else if (view.Pod.Spec.Volumes?.Any(VolumeContent.IsProjected) == true)
                await RenewVolumesAsync(view, cancellationToken);
            var pod = WithAddresses(view);
            var id = await _starter.StartAsync(pod, view.Sandbox!, start, services.Runtime.StartsInstantly ? null : memory.Volumes ?? NoVolumes, cancellationToken);
            memory.NoteStarted(start, Now);
            NoteStarted(view, start);
            await RunPostStartAsync(pod, start.Container, id, cancellationToken);
        }
        catch (RuntimeException exception) when (exception.Reason == RuntimeException.RunContainer)
        {
            NoteFailed(view, start, exception.Reason);

            // The runtime keeps a container that failed to start as an ended one, so that it counts as a restart.
            memory.NoteStarted(start, Now);
            await report(memory.Refresh(view) with { Waiting = new Dictionary<string, WaitingReason> { [name] = new(exception.Reason, exception.Message) } });
        }
        catch (RuntimeException exception)
        {
            NoteFailed(view, start, exception.Reason);
            memory.NoteFailed(name, new WaitingReason(exception.Reason, exception.Message), Now);
            await report(memory.Refresh(view));
            if (memory.NotePullWaits(name, start.Container.Image ?? "") is { } waits)
                services.Events.Record(view.Pod, name, EventType.Normal, "BackOff", waits);
        }
        catch (ConfigurationException exception)
        {
            services.Events.Record(view.Pod, null, EventType.Warning, "FailedMount", exception.Message);
            memory.NoteFailed(name, null, Now);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogStartDelayed(view.Pod.Metadata.NamespaceProperty, view.Pod.Metadata.Name, exception.Message);
            memory.NoteFailed(name, null, Now);
        }
    }

    /// <summary>Waits for the hook: the containers after this one start when it has ended, as with the kubelet.</summary>
    private async Task RunPostStartAsync(V1Pod pod, V1Container container, string containerId, CancellationToken cancellationToken)
    {
        if (container.Lifecycle?.PostStart is not { } hook
            || await services.Hooks.RunAsync(hook, container, containerId, pod.Status.PodIP ?? services.HostAddress, cancellationToken) is null)
        {
            return;
        }

        services.Events.Record(pod, container.Name, EventType.Warning, "FailedPostStartHook", "PostStartHook failed");
        memory.NoteStartFailed(containerId);
    }

    private void NoteStarted(PodView view, ContainerStart start)
    {
        services.Instruments.ContainerStarted(IsInit(view, start), null);
        if (view.Sandbox?.Containers.Count == 0 && view.Pod.Metadata.CreationTimestamp is { } created)
            services.Instruments.PodStarted(services.TimeProvider.GetUtcNow() - created);
    }

    private void NoteFailed(PodView view, ContainerStart start, string reason) =>
        services.Instruments.ContainerStarted(IsInit(view, start), reason);

    private static bool IsInit(PodView view, ContainerStart start) =>
        view.Pod.Spec.InitContainers?.Any(container => container.Name == start.Container.Name) == true;

    private async Task PrepareVolumesAsync(PodView view, CancellationToken cancellationToken)
    {
        // Nothing is mounted where nothing runs.
        memory.Volumes = view.Pod.Spec.Volumes is { Count: > 0 } && !services.Runtime.StartsInstantly
            ? await services.Volumes.PrepareAsync(WithAddresses(view), services.DirectoryOf(view.Pod.Metadata.Uid), memory.Volumes, cancellationToken)
            : NoVolumes;
        memory.VolumesReadAt = Now;
    }

    /// <summary>The pod with its addresses on this node, for fields that refer to them.</summary>
    private V1Pod WithAddresses(PodView view)
    {
        var address = view.Pod.Spec.HostNetwork == true ? services.HostAddress : view.Sandbox?.Ip;
        return view.Pod with
        {
            Status = (view.Pod.Status ?? new V1PodStatus()) with
            {
                HostIP = services.HostAddress,
                HostIPs = [new V1HostIP { Ip = services.HostAddress }],
                PodIP = address,
                PodIPs = address is null ? [] : [new V1PodIP { Ip = address }],
            },
        };
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The start of pod {Namespace}/{Name} waits for the API: {Reason}")]
    private partial void LogStartDelayed(string @namespace, string name, string reason);
}
