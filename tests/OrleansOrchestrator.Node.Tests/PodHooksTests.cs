using k8s.Models;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A hook that ends with its container is no fault.</summary>
public sealed class PodHooksTests
{
    [Fact]
    public async Task Hook_WhoseCommandFailsBecauseItsContainerHasEnded_IsNoFault()
    {
        var runtime = StubRuntime.With(new Dictionary<string, Func<object?[], object?>> { [nameof(IContainerRuntime.ExecAsync)] = args => FailOnceStoppedAsync((CancellationToken)args[^1]!) });
        var failures = new List<string>();
        await using var hooks = new PodHooks(new HookAction(runtime, TimeProvider.System), () => { });
        var hook = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["true"] } };
        hooks.Begin(hook, TestPods.Container("main", ""), "id", "127.0.0.1", failures.Add);

        await Should.NotThrowAsync(() => hooks.SyncAsync([]));

        failures.ShouldBeEmpty();
        hooks.Ended.ShouldBeEmpty();
    }

    private static async Task<ExecResult> FailOnceStoppedAsync(CancellationToken stopped)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, stopped);
            return new ExecResult(0, "");
        }
        catch (OperationCanceledException exception)
        {
            throw new RuntimeException(RuntimeException.Unavailable, "the container is not running", exception);
        }
    }
}
