using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Handlers;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Hooks;

/// <summary>Runs one hook of a container's life once.</summary>
internal sealed class HookAction(IContainerRuntime runtime, TimeProvider timeProvider)
{
    private const string Agent = "kube-lifecycle/1.33";

    /// <summary>Runs the hook to its end.</summary>
    /// <returns>Null if it succeeded; otherwise the failure.</returns>
    public async Task<string?> RunAsync(
        V1LifecycleHandler hook, V1Container container, string containerId, string address, CancellationToken cancellationToken)
    {
        try
        {
            switch (hook)
            {
                case { Exec: { } exec }:
                    var result = await runtime.ExecAsync(containerId, [.. exec.Command ?? []], Waits.Longest, cancellationToken);
                    return result.ExitCode == 0 ? null : $"command '{string.Join(' ', exec.Command ?? [])}' exited with {result.ExitCode}: {result.Output}";
                case { HttpGet: { } get }:
                    // Any answer will do, as with the kubelet.
                    await HttpCall.SendAsync(get, Agent, container, address, Waits.Longest, cancellationToken);
                    return null;
                case { Sleep: { } sleep }:
                    await timeProvider.DelayAsync(Waits.Seconds(sleep.Seconds), cancellationToken);
                    return null;
                default:
                    return "invalid handler: only exec, httpGet and sleep can be hooks";
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return exception.Message;
        }
    }
}
