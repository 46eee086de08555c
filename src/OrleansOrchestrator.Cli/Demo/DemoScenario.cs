using k8s;
using k8s.Autorest;
using k8s.Models;
using OrleansOrchestrator.Cli.CommandLine;
using OrleansOrchestrator.Cli.Nodes;

namespace OrleansOrchestrator.Cli.Demo;

/// <summary>
/// Shows a replicated service that heals: runs three replicas behind a service, kills a container, deletes a pod, scales up
/// and down, and cleans up. Every step is done and observed through the API, as any user could.
/// </summary>
internal sealed class DemoScenario(IKubernetes client, DevNodes nodes, DemoOutput output, TimeProvider time)
{
    private const string Namespace = "default";

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs the demo.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(KubernetesClientConfiguration configuration, DevNodes nodes, CancellationToken cancellationToken)
    {
        using var client = new Kubernetes(configuration);
        var scenario = new DemoScenario(client, nodes, new DemoOutput(), TimeProvider.System);
        return await scenario.RunAsync(cancellationToken);
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            output.Say($"Applying a ReplicationController of 3 and a Service; pods run on {nodes.RuntimeVersion}");
            await CleanUpAsync(cancellationToken);
            await client.CoreV1.CreateNamespacedReplicationControllerAsync(HelloWorkload.Controller(3), Namespace, cancellationToken: cancellationToken);
            var service = await client.CoreV1.CreateNamespacedServiceAsync(HelloWorkload.Service(), Namespace, cancellationToken: cancellationToken);
            await WaitForReplicasAsync("3 pods are ready", 3, cancellationToken);
            var address = $"http://{service.Spec.ClusterIP}:{HelloWorkload.ServicePort}/";
            await WaitForAnswersAsync(address, 3, cancellationToken);

            await KillContainerAsync(cancellationToken);
            await DeletePodAsync(cancellationToken);
            await ScaleAsync(5, cancellationToken);
            await WaitForAnswersAsync(address, 5, cancellationToken);
            await ScaleAsync(3, cancellationToken);

            output.Say("Cleaning up");
            await CleanUpAsync(cancellationToken);
            output.Say($"demo: 3 replicas served, a killed container and a deleted pod were replaced, scaled to 5 and back, all cleaned up in {time.GetElapsedTime(started).TotalSeconds:F0} s");
            return ExitCodes.Success;
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
        output.Say($"Killing the container of {victim.Name()}");
        await nodes.KillContainerAsync(victim.Status.ContainerStatuses[0].ContainerID, cancellationToken);
        await WaitAsync(
            $"{victim.Name()} runs again, restarted once",
            pods => pods.Exists(pod => pod.Name() == victim.Name() && IsReady(pod) && pod.Status.ContainerStatuses[0].RestartCount == 1),
            cancellationToken);
    }

    private async Task DeletePodAsync(CancellationToken cancellationToken)
    {
        var victim = (await PodsAsync(cancellationToken))[0];
        output.Say($"Deleting {victim.Name()}");
        await client.CoreV1.DeleteNamespacedPodAsync(victim.Name(), Namespace, cancellationToken: cancellationToken);
        await WaitAsync(
            "another pod has taken its place",
            pods => pods.Count == 3 && pods.TrueForAll(pod => IsReady(pod) && pod.Name() != victim.Name()),
            cancellationToken);
    }

    private async Task ScaleAsync(int replicas, CancellationToken cancellationToken)
    {
        output.Say($"Scaling to {replicas}");
        var patch = new V1Patch(new { spec = new { replicas } }, V1Patch.PatchType.MergePatch);
        await client.CoreV1.PatchNamespacedReplicationControllerScaleAsync(patch, HelloWorkload.Name, Namespace, cancellationToken: cancellationToken);
        await WaitForReplicasAsync($"{replicas} pods are ready", replicas, cancellationToken);
    }

    private Task WaitForReplicasAsync(string what, int replicas, CancellationToken cancellationToken) =>
        WaitAsync(what, pods => pods.Count == replicas && pods.TrueForAll(IsReady), cancellationToken);

    /// <summary>Asks the service until every pod has answered.</summary>
    private async Task WaitForAnswersAsync(string address, int pods, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(5) };
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var started = time.GetTimestamp();
        while (answers.Count < pods)
        {
            if (time.GetElapsedTime(started) > StepTimeout)
                throw new TimeoutException($"only {answers.Count} of {pods} pods answered through {address}");
            try
            {
                var answer = (await http.GetStringAsync(address, cancellationToken)).Trim();
                answers[answer] = answers.GetValueOrDefault(answer) + 1;
            }
            catch (Exception early) when (early is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(PollPeriod, time, cancellationToken);
            }
        }

        output.Say($"GET {address} was answered by all {pods} pods:");
        output.ShowAnswers(answers);
    }

    private async Task WaitAsync(string what, Predicate<List<V1Pod>> isDone, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var pods = await PodsAsync(cancellationToken);
            output.ShowPods(pods);
            if (isDone(pods))
                break;
            if (time.GetElapsedTime(started) > StepTimeout)
                throw new TimeoutException($"after {StepTimeout.TotalSeconds:F0} s it is still not so that {what}");
            await Task.Delay(PollPeriod, time, cancellationToken);
        }

        output.Say($"{what} ({time.GetElapsedTime(started).TotalSeconds:F1} s)");
    }

    private async Task<List<V1Pod>> PodsAsync(CancellationToken cancellationToken)
    {
        var list = await client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: $"app={HelloWorkload.Name}", cancellationToken: cancellationToken);
        return [.. list.Items.OrderBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Name(), StringComparer.Ordinal)];
    }

    private async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        await DeleteAsync(() => client.CoreV1.DeleteNamespacedServiceAsync(HelloWorkload.Name, Namespace, cancellationToken: cancellationToken));
        await DeleteAsync(() => client.CoreV1.DeleteNamespacedReplicationControllerAsync(
            HelloWorkload.Name, Namespace, propagationPolicy: "Background", cancellationToken: cancellationToken));
        await WaitQuietlyAsync(pods => pods.Count == 0, cancellationToken);
    }

    private async Task WaitQuietlyAsync(Predicate<List<V1Pod>> isDone, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!isDone(await PodsAsync(cancellationToken)))
        {
            if (time.GetElapsedTime(started) > StepTimeout)
                throw new TimeoutException("the demo's pods do not go away");
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
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
