using k8s;
using k8s.Autorest;
using k8s.Models;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Model.Pods;
using Spectre.Console;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>
/// Shows a replicated service that heals. It runs three replicas behind a service, kills a container, deletes a pod, and scales up
/// and down. Then a Deployment takes over, and is upgraded and rolled back under load. Every step uses only the API, as any user
/// could.
/// </summary>
internal sealed class DemoScenario(IKubernetes client, DevNodes nodes, IDemoOutput output, TimeProvider time)
{
    private const string Namespace = "default";

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(250);

    private readonly DemoStep[] _steps =
    [
        new("Run 3 replicas", "kubectl apply -f samples/hello"),
        new("Reach all 3", "curl http://SERVICE/"),
        new("Kill a container", "kill -9 a process"),
        new("Delete a pod", "kubectl delete pod"),
        new("Scale to 5", "kubectl scale rc hello --replicas 5"),
        new("Reach all 5", "curl http://SERVICE/"),
        new("Scale to 3", "kubectl scale rc hello --replicas 3"),
        new("Run a Deployment", "kubectl delete rc hello; kubectl create deployment hello"),
        new("Upgrade under load", $"kubectl set env deployment hello {HelloWorkload.ReleaseVariable}=2"),
        new("Roll back under load", "kubectl rollout undo deployment hello"),
        new("Clean up", "kubectl delete deployment,service hello"),
    ];

    private IReadOnlyList<V1Pod> _pods = [];
    private int _current;
    private long _begun;

    /// <summary>Runs the demo. It updates its output in place on a terminal, and prints lines elsewhere.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(KubernetesClientConfiguration configuration, DevNodes nodes, CancellationToken cancellationToken)
    {
        using var client = new Kubernetes(configuration);
        var started = TimeProvider.System.GetTimestamp();
        if (Console.IsOutputRedirected || AnsiConsole.Profile.Capabilities is not { Ansi: true, Interactive: true })
            await ScenarioOn(new PlainDemoOutput(Console.Out)).RunAsync(cancellationToken);
        else
            await AnsiConsole.Live(Text.Empty).Cropping(VerticalOverflowCropping.Bottom).StartAsync(display => ScenarioOn(new LiveDemoOutput(display)).RunAsync(cancellationToken));
        Console.WriteLine(
            "demo: 3 replicas served, a killed container and a deleted pod were replaced, scaled to 5 and back; a Deployment was upgraded and "
            + "rolled back under load without a failed request; all cleaned up "
            + $"in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F0} s; pods ran on {nodes.RuntimeVersion}");
        return ExitCodes.Success;

        DemoScenario ScenarioOn(IDemoOutput output) => new(client, nodes, output, TimeProvider.System);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CleanUpAsync(cancellationToken);

            Begin();
            await client.CoreV1.CreateNamespacedReplicationControllerAsync(HelloWorkload.Controller(3), Namespace, cancellationToken: cancellationToken);
            var service = await client.CoreV1.CreateNamespacedServiceAsync(HelloWorkload.Service(), Namespace, cancellationToken: cancellationToken);
            await WaitForReplicasAsync(3, cancellationToken);

            var address = $"http://{service.Spec.ClusterIP}:{HelloWorkload.ServicePort}/";
            await WaitForAnswersAsync(address, 3, cancellationToken);
            await KillContainerAsync(cancellationToken);
            await DeletePodAsync(cancellationToken);
            await ScaleAsync(5, cancellationToken);
            await WaitForAnswersAsync(address, 5, cancellationToken);
            await ScaleAsync(3, cancellationToken);
            await RunDeploymentAsync(cancellationToken);
            await RollAsync("2", address, UpgradeAsync, cancellationToken);
            await RollAsync("1", address, UndoAsync, cancellationToken);

            Begin();
            await CleanUpAsync(cancellationToken);
            End("nothing is left");
        }
        catch (TimeoutException late)
        {
            throw new CommandException($"demo: {late.Message}", late);
        }
        catch (HttpOperationException refused)
        {
            throw new CommandException($"demo: {refused.Response.Content}", refused);
        }
    }

    private async Task KillContainerAsync(CancellationToken cancellationToken)
    {
        var victim = (await PodsAsync(cancellationToken))[0];
        var container = victim.Status.ContainerStatuses[0].ContainerID;
        var id = container[(container.IndexOf("//", StringComparison.Ordinal) + 2)..];
        Begin(container.StartsWith("docker:", StringComparison.Ordinal) ? $"docker kill {id[..12]}" : $"kill -9 (the process of {victim.Name()})");
        await nodes.KillContainerAsync(victim.Spec.NodeName, container, cancellationToken);
        await WaitAsync(
            $"{victim.Name()} runs again, restarted once",
            pods => pods.Exists(pod => pod.Name() == victim.Name() && IsReady(pod) && pod.Status.ContainerStatuses[0].RestartCount == 1),
            cancellationToken);
    }

    private async Task DeletePodAsync(CancellationToken cancellationToken)
    {
        var victim = (await PodsAsync(cancellationToken))[0];
        Begin($"kubectl delete pod {victim.Name()}");
        await client.CoreV1.DeleteNamespacedPodAsync(victim.Name(), Namespace, cancellationToken: cancellationToken);
        await WaitAsync(
            "another pod has taken its place",
            pods => pods.Count == 3 && pods.TrueForAll(pod => IsReady(pod) && pod.Name() != victim.Name()),
            cancellationToken);
    }

    private async Task ScaleAsync(int replicas, CancellationToken cancellationToken)
    {
        Begin();
        var patch = new V1Patch(new { spec = new { replicas } }, V1Patch.PatchType.MergePatch);
        await client.CoreV1.PatchNamespacedReplicationControllerScaleAsync(patch, HelloWorkload.Name, Namespace, cancellationToken: cancellationToken);
        await WaitForReplicasAsync(replicas, cancellationToken);
    }

    private async Task RunDeploymentAsync(CancellationToken cancellationToken)
    {
        Begin();
        await client.CoreV1.DeleteNamespacedReplicationControllerAsync(
            HelloWorkload.Name, Namespace, propagationPolicy: "Background", cancellationToken: cancellationToken);
        await client.AppsV1.CreateNamespacedDeploymentAsync(HelloWorkload.Deployment(3, "1"), Namespace, cancellationToken: cancellationToken);
        await WaitForReleaseAsync("1", cancellationToken);
        End("3 pods of release 1 are ready");
    }

    /// <summary>Rolls the Deployment to another release under constant load. No request may fail.</summary>
    private async Task RollAsync(string release, string address, Func<CancellationToken, Task> begin, CancellationToken cancellationToken)
    {
        Begin();
        await using var load = new ServiceLoad(address, time);
        await begin(cancellationToken);
        await WaitForReleaseAsync(release, cancellationToken);
        if (await load.StopAsync() is { } failures)
            throw new CommandException($"demo: while release {release} was rolled out, {failures}");
        End($"3 pods of release {release} are ready, and none of {load.Answered} requests failed");
    }

    private Task UpgradeAsync(CancellationToken cancellationToken)
    {
        var container = new { name = HelloWorkload.Name, env = new[] { new { name = HelloWorkload.ReleaseVariable, value = "2" } } };
        var patch = new { spec = new { template = new { spec = new { containers = new[] { container } } } } };
        return client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch(patch, V1Patch.PatchType.StrategicMergePatch), HelloWorkload.Name, Namespace, cancellationToken: cancellationToken);
    }

    /// <summary>Rolls the Deployment back to the template of its first revision, as kubectl does.</summary>
    private async Task UndoAsync(CancellationToken cancellationToken)
    {
        var sets = await client.AppsV1.ListNamespacedReplicaSetAsync(Namespace, labelSelector: $"app={HelloWorkload.Name}", cancellationToken: cancellationToken);
        var template = sets.Items.First(set => set.GetAnnotation("deployment.kubernetes.io/revision") == "1").Spec.Template;
        template.Metadata.Labels.Remove("pod-template-hash");
        var patch = new V1Patch(new[] { new { op = "replace", path = "/spec/template", value = template } }, V1Patch.PatchType.JsonPatch);
        await client.AppsV1.PatchNamespacedDeploymentAsync(patch, HelloWorkload.Name, Namespace, cancellationToken: cancellationToken);
    }

    /// <summary>Waits until all pods are ready and have a release, and no pod of another release is left.</summary>
    private Task WaitForReleaseAsync(string release, CancellationToken cancellationToken) => WaitUntilAsync(
        $"3 pods of release {release} are ready",
        pods => pods.Count == 3 && pods.TrueForAll(pod => IsReady(pod) && HelloWorkload.ReleaseOf(pod) == release),
        cancellationToken);

    private Task WaitForReplicasAsync(int replicas, CancellationToken cancellationToken) =>
        WaitAsync($"{replicas} pods are ready", pods => pods.Count == replicas && pods.TrueForAll(IsReady), cancellationToken);

    /// <summary>Sends requests to the service until every pod has answered.</summary>
    private async Task WaitForAnswersAsync(string address, int pods, CancellationToken cancellationToken)
    {
        Begin($"curl {address}");
        using var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(5) };
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        while (answers.Count < pods)
        {
            if (time.GetElapsedTime(_begun) > StepTimeout)
                throw new TimeoutException($"only {answers.Count} of {pods} pods answered through {address}");
            try
            {
                var answer = (await http.GetStringAsync(address, cancellationToken)).Trim();
                answers[answer] = answers.GetValueOrDefault(answer) + 1;
            }
            catch (Exception early) when (early is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                Show();
                await Task.Delay(PollPeriod, time, cancellationToken);
            }
        }

        End(string.Join(", ", answers.Select(answer => $"{answer.Key} ×{answer.Value}")));
    }

    private async Task WaitAsync(string what, Predicate<List<V1Pod>> isDone, CancellationToken cancellationToken)
    {
        await WaitUntilAsync(what, isDone, cancellationToken);
        End(what);
    }

    private async Task WaitUntilAsync(string what, Predicate<List<V1Pod>> isDone, CancellationToken cancellationToken)
    {
        while (!isDone(await PodsAsync(cancellationToken)))
        {
            if (time.GetElapsedTime(_begun) > StepTimeout)
                throw new TimeoutException($"not true within {StepTimeout.TotalSeconds:F0} s: {what}");
            await Task.Delay(PollPeriod, time, cancellationToken);
        }
    }

    /// <summary>Begins the next step.</summary>
    /// <param name="command">The equivalent user command, if it was not known before.</param>
    private void Begin(string? command = null)
    {
        _begun = time.GetTimestamp();
        _steps[_current] = _steps[_current] with { Command = command ?? _steps[_current].Command, Elapsed = TimeSpan.Zero };
        Show();
    }

    /// <summary>Ends the current step.</summary>
    private void End(string outcome)
    {
        _steps[_current] = _steps[_current] with { Elapsed = time.GetElapsedTime(_begun), Outcome = outcome };
        Show();
        _current++;
    }

    private void Show()
    {
        if (_current < _steps.Length && _steps[_current] is { Elapsed: not null, IsDone: false } step)
            _steps[_current] = step with { Elapsed = time.GetElapsedTime(_begun) };
        output.Show(_steps, _pods);
    }

    private async Task<List<V1Pod>> PodsAsync(CancellationToken cancellationToken)
    {
        var list = await client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: $"app={HelloWorkload.Name}", cancellationToken: cancellationToken);
        List<V1Pod> pods = [.. list.Items.OrderBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Name(), StringComparer.Ordinal)];
        _pods = pods;
        Show();
        return pods;
    }

    private async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        await DeleteAsync(() => client.CoreV1.DeleteNamespacedServiceAsync(HelloWorkload.Name, Namespace, cancellationToken: cancellationToken));
        await DeleteAsync(() => client.CoreV1.DeleteNamespacedReplicationControllerAsync(
            HelloWorkload.Name, Namespace, propagationPolicy: "Background", cancellationToken: cancellationToken));
        await DeleteAsync(() => client.AppsV1.DeleteNamespacedDeploymentAsync(
            HelloWorkload.Name, Namespace, propagationPolicy: "Background", cancellationToken: cancellationToken));
        var started = time.GetTimestamp();
        while ((await PodsAsync(cancellationToken)).Count > 0)
        {
            if (time.GetElapsedTime(started) > StepTimeout)
                throw new TimeoutException("the demo's pods are not deleted in time");
            await Task.Delay(PollPeriod, time, cancellationToken);
        }
    }

    private static async Task DeleteAsync<T>(Func<Task<T>> delete)
    {
        try
        {
            await delete();
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            // Nothing to clean up.
        }
    }

    private static bool IsReady(V1Pod pod) =>
        pod is { IsReady: true, Metadata.DeletionTimestamp: null };
}
