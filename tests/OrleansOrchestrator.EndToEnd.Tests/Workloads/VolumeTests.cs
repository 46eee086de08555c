using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>Volumes that outlive pods, on a cluster as <c>orchestrator dev</c> starts it: with the class <c>local-path</c>.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class VolumeTests(ProcessRuntime runtime) : EndToEndTest
{
    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        OnFailure(async () => (await Kubectl.TryAsync("describe", "pv,pvc,sc,sts,pod", "-n", UniqueName)).ToString());
        await OwnNamespaceAsync(runtime.Cluster.Api);
    }

    [Fact]
    public async Task StatefulSet_WithClaims_KeepsItsDataUntilTheClaimsAreDeleted()
    {
        (await Kubectl.RunAsync("get", "storageclass", "--no-headers")).Output.ShouldContain("local-path (default)   orleansorchestrator.io/local-path   Delete");
        await Kubectl.RunWithInputAsync(StatefulSet, "apply", "-n", UniqueName, "-f", "-");
        await RolledOutAsync();
        var claims = (await InSpaceAsync("get", "pvc", "--no-headers")).Output;
        claims.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        claims.ShouldMatch(@"data-db-0\s+Bound\s+pvc-\S+\s+16Mi\s+RWO\s+local-path");
        (await LinesAsync("db-0")).ShouldBe("db-0\n");

        await InSpaceAsync("delete", "pod", "db-0");
        await RolledOutAsync();
        (await LinesAsync("db-0")).ShouldBe("db-0\ndb-0\n");
        (await LinesAsync("db-1")).ShouldBe("db-1\n");

        var folder = (await InSpaceAsync("exec", "db-0", "--", "sh", "-c", "echo $VOLUME_DATA")).Output.Trim();
        await InSpaceAsync("delete", "pvc", "data-db-0", "--wait=false");
        (await InSpaceAsync("get", "pvc", "data-db-0", "--no-headers")).Output.ShouldContain("Terminating");
        Directory.Exists(folder).ShouldBeTrue();
        await InSpaceAsync("delete", "statefulset", "db");
        await InSpaceAsync("wait", "--for=delete", "pod", "-l", "app=db", "--timeout=60s");
        await InSpaceAsync("wait", "--for=delete", "pvc/data-db-0", "--timeout=60s");
        await Eventually.PassesAsync(async () =>
        {
            Directory.Exists(folder).ShouldBeFalse();
            (await Kubectl.RunAsync("get", "pv", "--no-headers")).Output.ShouldNotContain($"{UniqueName}/data-db-0");
        });
        (await InSpaceAsync("get", "pvc", "--no-headers")).Output.ShouldContain("data-db-1");
    }

    private Task<CommandResult> InSpaceAsync(params string[] arguments) => Kubectl.RunAsync(["-n", UniqueName, .. arguments]);

    private Task RolledOutAsync() => InSpaceAsync("rollout", "status", "statefulset/db", "--timeout=90s");

    private async Task<string> LinesAsync(string pod) => (await InSpaceAsync("exec", pod, "--", "sh", "-c", "cat $VOLUME_DATA/log")).Output;

    private const string StatefulSet = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: registry.invalid/db:1
                env:
                - name: SELF
                  valueFrom: {fieldRef: {fieldPath: metadata.name}}
                command: [sh, -c, 'echo $SELF >> $VOLUME_DATA/log; while :; do sleep 1; done']
                readinessProbe:
                  exec: {command: [sh, -c, 'grep -q $SELF $VOLUME_DATA/log']}
                  periodSeconds: 1
                volumeMounts: [{name: data, mountPath: /data}]
          volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 16Mi}}
        """;
}
