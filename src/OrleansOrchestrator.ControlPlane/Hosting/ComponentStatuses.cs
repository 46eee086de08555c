using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Reports the health of the control plane's parts: the store as readiness does, scheduler and controllers wherever they are active in
/// the cluster. They are not parts of this process.
/// </summary>
internal sealed class ComponentStatuses(SingletonGrains wanted, StoreReadiness store, TimeProvider time) : IComputedObjects
{
    private const string Scheduler = "scheduler";
    // Well below a client's time-out, and above an answer of a busy silo.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public ResourceName Resource { get; } = new("componentstatuses", "");

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KubeObject>> ComputeAsync(ObjectFilter filter, CancellationToken cancellationToken)
    {
        var asked = wanted.All
            .ToLookup(grain => grain.Name == Scheduler ? Scheduler : "controller-manager", grain => CheckAsync(grain, cancellationToken));
        var storeFault = store.CheckAsync(cancellationToken);
        List<KubeObject> statuses = [StatusOf("store", await storeFault)];
        foreach (var component in asked)
        {
            var faults = (await Task.WhenAll(component)).Where(fault => fault is not null);
            statuses.Add(StatusOf(component.Key, string.Join("; ", faults)));
        }

        return statuses;
    }

    private async Task<string?> CheckAsync(SingletonGrain grain, CancellationToken cancellationToken)
    {
        try
        {
            return await wanted.CheckAsync(grain).WaitAsync(AnswerWithin, time, cancellationToken) is { } fault ? $"{grain.Name} {fault}" : null;
        }
        catch (TimeoutException)
        {
            return $"{grain.Name} did not answer within {AnswerWithin.TotalSeconds} seconds";
        }
        catch (Exception unreachable) when (unreachable is not OperationCanceledException)
        {
            return $"{grain.Name} cannot be reached: {unreachable.Message}";
        }
    }

    private static V1ComponentStatus StatusOf(string name, string? fault)
    {
        var isHealthy = string.IsNullOrEmpty(fault);
        return new V1ComponentStatus
        {
            Metadata = new V1ObjectMeta { Name = name },
            Conditions =
            [
                new V1ComponentCondition
                {
                    Type = "Healthy",
                    Status = isHealthy ? "True" : "False",
                    Message = isHealthy ? "ok" : null,
                    Error = isHealthy ? null : fault,
                },
            ],
        };
    }
}
