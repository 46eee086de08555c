using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>Does something once at one fault point of one resource.</summary>
internal sealed class FaultPointScript(string resource) : IFaultPoints
{
    private (StoreStep Step, bool IsAfter, Func<Task> Act)? _next;

    /// <summary>What to do when a step is about to be done.</summary>
    public void OnceBefore(StoreStep step, Func<Task> act) => _next = (step, false, act);

    /// <summary>What to do when a step has just been done.</summary>
    public void OnceAfter(StoreStep step, Func<Task> act) => _next = (step, true, act);

    public Task BeforeAsync(StoreStep step, ResourceName name) => ActAsync(step, name, isAfter: false);

    public Task AfterAsync(StoreStep step, ResourceName name) => ActAsync(step, name, isAfter: true);

    public bool Skips(StoreStep step, ResourceName name) => false;

    private Task ActAsync(StoreStep step, ResourceName name, bool isAfter)
    {
        if (_next is not { } next || next.Step != step || next.IsAfter != isAfter || name.ToString() != resource)
            return Task.CompletedTask;
        _next = null;
        return next.Act();
    }
}
