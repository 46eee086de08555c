using System.Reflection;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A runtime that refuses the first removals of pods.</summary>
public class ResistingRuntime : DispatchProxy
{
    private IContainerRuntime _inner = null!;
    private int _refusals;

    internal static IContainerRuntime Around(IContainerRuntime inner, int refusals)
    {
        var proxy = Create<IContainerRuntime, ResistingRuntime>();
        var resisting = (ResistingRuntime)(object)proxy;
        (resisting._inner, resisting._refusals) = (inner, refusals);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IContainerRuntime.RemovePodAsync) && Interlocked.Decrement(ref _refusals) >= 0)
            return Task.FromException(new RuntimeException(RuntimeException.Unavailable, "a process has not ended"));
        return targetMethod.Invoke(_inner, args);
    }
}
