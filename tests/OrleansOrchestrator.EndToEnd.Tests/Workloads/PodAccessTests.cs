using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>What a program in a pod may do with the token that it is given.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class PodAccessTests(ProcessRuntime runtime) : EndToEndTest
{
    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: robot}
        spec:
          serviceAccountName: robot
          terminationGracePeriodSeconds: 0
          containers:
          - name: main
            image: none
            command: [sh, -c, 'exec sleep 1000']
            volumeMounts: [{name: token, mountPath: /token}]
          volumes:
          - name: token
            projected: {sources: [{serviceAccountToken: {path: token}}]}
        """;

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        await OwnNamespaceAsync(runtime.Cluster.Api);
    }

    [Fact]
    public async Task Token_OfAPod_AllowsWhatTheRolesOfItsAccountSay_AndNoMore()
    {
        await InSpaceAsync("create", "serviceaccount", "robot");
        await InSpaceAsync("create", "role", "reader", "--verb=get,list", "--resource=pods");
        await InSpaceAsync("create", "rolebinding", "readers", "--role=reader", $"--serviceaccount={UniqueName}:robot");
        await Kubectl.RunWithInputAsync(Pod, "apply", "-n", UniqueName, "-f", "-");
        await InSpaceAsync("wait", "--for=condition=Ready", "pod/robot", "--timeout=60s");
        var token = (await InSpaceAsync("exec", "robot", "--", "sh", "-c", "cat $VOLUME_TOKEN/token")).Output.Trim();

        (await TryAsync(token, "get", "pods")).Output.ShouldContain("robot");
        (await TryAsync(token, "get", "configmaps")).Errors.ShouldContain($"User \"system:serviceaccount:{UniqueName}:robot\" cannot list resource \"configmaps\"");
        (await TryAsync(token, "delete", "pod", "robot")).Errors.ShouldContain("forbidden");
        (await TryAsync(token, "get", "nodes")).Errors.ShouldContain("forbidden");

        // A token ends with its pod.
        await InSpaceAsync("delete", "pod", "robot");
        (await TryAsync(token, "get", "pods")).Errors.ShouldContain("Unauthorized");
    }

    private Task<CommandResult> InSpaceAsync(params string[] arguments) => Kubectl.RunAsync(["-n", UniqueName, .. arguments]);

    private Task<CommandResult> TryAsync(string token, params string[] arguments) => Kubectl.TryAsync(["-n", UniqueName, "--token", token, .. arguments]);
}
