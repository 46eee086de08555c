using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Computes the status of each container of one pod.</summary>
internal sealed class ContainerStatusBuilder(PodView view, string scheme)
{
    public V1ContainerStatus Build(V1Container container)
    {
        var newest = view.Newest(container.Name);
        var isRunning = newest?.Phase == ContainerPhase.Running;
        var health = isRunning ? view.HealthOf(newest!) : null;
        var state = StateOf(container, newest);
        return new V1ContainerStatus
        {
            Name = container.Name,
            Image = newest is { Image.Length: > 0 } ? newest.Image : container.Image,
            ImageID = newest?.ImageId ?? "",
            ContainerID = newest is { Id.Length: > 0 } ? FullId(newest.Id) : null,
            RestartCount = newest?.Attempt ?? 0,
            State = state,
            LastState = LastStateOf(container, newest, state),
            Started = isRunning && health!.IsStarted,
            Ready = IsReady(container, newest, health),
            AllocatedResources = container.Resources?.Requests,
            Resources = ReportedResources.Of(container, newest, view.Pod.Status),
        };
    }

    /// <summary>The status of an ephemeral container: it is never ready, and never waits to run again.</summary>
    public V1ContainerStatus BuildEphemeral(V1Container container)
    {
        var status = Build(container);
        (status.Ready, status.Started, status.LastState, status.Resources) = (false, null, new V1ContainerState(), null);
        if (view.Newest(container.Name) is { Phase: ContainerPhase.Exited } ended)
            status.State = new V1ContainerState { Terminated = Terminated(ended) };
        return status;
    }

    /// <summary>Whether a container is ready: an init container when it has succeeded, any other one by its probes.</summary>
    private bool IsReady(V1Container container, ContainerInstance? newest, ContainerHealth? health)
    {
        var runsToEnd = view.InitContainers.Contains(container) && !container.IsSidecar;
        return runsToEnd
            ? newest is { Phase: ContainerPhase.Exited, ExitCode: 0 }
            : health is { IsStarted: true, IsReady: true };
    }

    private V1ContainerState StateOf(V1Container container, ContainerInstance? newest) => newest?.Phase switch
    {
        ContainerPhase.Running => new V1ContainerState
        {
            Running = new V1ContainerStateRunning { StartedAt = WireTime.Seconds(newest.StartedAt) },
        },
        ContainerPhase.Exited when WaitsForRestart(container, newest) is { } reason => Waiting(reason),
        ContainerPhase.Exited => new V1ContainerState { Terminated = Terminated(newest) },
        _ => Waiting(view.Waiting.GetValueOrDefault(container.Name) ?? FirstReason),
    };

    /// <summary>The waiting reason of a container that is ready to start but has to wait for init containers.</summary>
    private WaitingReason FirstReason => new(view.InitContainers.Any() ? "PodInitializing" : "ContainerCreating", "");

    private WaitingReason? WaitsForRestart(V1Container container, ContainerInstance ended)
    {
        if (view.IsDeleted || view.IsTerminal || view.IsFenced || PodOutcome.IsComplete(view))
            return null;
        if (view.Waiting.TryGetValue(container.Name, out var reason))
            return reason;
        if (!PodOutcome.ShouldRestart(view, container, ended))
            return null;
        var endedAt = view.EndedAt(ended);
        var delay = view.Restarts.Delay(container.Name, endedAt);
        if (view.Now < endedAt + delay)
        {
            return new WaitingReason("CrashLoopBackOff", string.Create(
                CultureInfo.InvariantCulture,
                $"back-off {GoDuration.Format(delay)} restarting failed container={container.Name} pod={view.Pod.Metadata.Name}_{view.Pod.Metadata.NamespaceProperty}({view.Pod.Metadata.Uid})"));
        }

        // The API takes back no end that the policy makes final, so that none is told before the new start.
        return PodOutcome.IsOwed(view, ended) ? FirstReason : null;
    }

    /// <summary>The end of the previous run: of the ended instance that waits for its restart, or of the one before the newest.</summary>
    private V1ContainerState LastStateOf(V1Container container, ContainerInstance? newest, V1ContainerState state)
    {
        if (newest?.Phase == ContainerPhase.Exited && state.Terminated is null)
            return new V1ContainerState { Terminated = Terminated(newest) };
        var previous = view.Sandbox?.Containers
            .Where(c => c.Name == container.Name && c.Attempt < newest?.Attempt)
            .MaxBy(c => c.Attempt);
        if (previous is { Phase: ContainerPhase.Exited })
            return new V1ContainerState { Terminated = Terminated(previous) };

        // The runtime lost the instance, or there is none: the reported state still counts.
        var reported = view.Pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == container.Name);
        return reported?.LastState is { Terminated: not null } last && reported.RestartCount == newest?.Attempt
            ? last
            : new V1ContainerState();
    }

    private V1ContainerStateTerminated Terminated(ContainerInstance ended) => new()
    {
        ExitCode = ended.ExitCode,
        Reason = ended.Reason.Length > 0 ? ended.Reason : ended.ExitCode == 0 ? "Completed" : "Error",
        Message = ended.Message.Length > 0 ? ended.Message : null,
        StartedAt = WireTime.Seconds(ended.StartedAt),
        FinishedAt = WireTime.Seconds(ended.FinishedAt),
        ContainerID = ended.Id.Length > 0 ? FullId(ended.Id) : null,
    };

    private string FullId(string id) => $"{scheme}://{id}";

    private static V1ContainerState Waiting(WaitingReason reason) => new()
    {
        Waiting = new V1ContainerStateWaiting
        {
            Reason = reason.Reason,
            Message = reason.Message.Length > 0 ? reason.Message : null,
        },
    };
}
