using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>A Deployment whose pods really serve, rolled with kubectl while clients use its Service.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class RolloutTests(ProcessRuntime runtime) : EndToEndTest
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (await runtime.FindMissingAsync() is { } missing)
            Assert.Skip(missing);
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        await OwnNamespaceAsync(runtime.Cluster.Api);
    }

    [Fact]
    public async Task Deployment_RolledOnAndBackUnderLoad_FailsNoRequest()
    {
        await Kubectl.RunWithInputAsync(Manifest, "apply", "-n", UniqueName, "-f", "-");
        await RolledOutAsync();
        await using var load = new Load(await ServiceAddressAsync());
        (await load.NextAnswerAsync()).ShouldBe("release 1");

        await RunAsync("set", "env", "deployment/web", "RELEASE=2");
        await RolledOutAsync();

        (await load.NextAnswerAsync()).ShouldBe("release 2", "old pods get no connections any more");
        (await RunAsync("rollout", "history", "deployment/web")).Text.ShouldMatch("(?m)^2 ");
        await Eventually.PassesAsync(async () =>
        {
            var events = (await RunAsync("get", "events", "--field-selector", "involvedObject.kind=Deployment", "-o", "custom-columns=R:.reason,M:.message")).Text;
            events.ShouldMatch("(?m)^ScalingReplicaSet +Scaled up replica set web-[a-z0-9]+ from 0 to 3$");
            events.ShouldMatch("(?m)^ScalingReplicaSet +Scaled down replica set web-[a-z0-9]+ from 1 to 0$");
        });

        await RunAsync("rollout", "undo", "deployment/web");
        await RolledOutAsync();

        (await load.NextAnswerAsync()).ShouldBe("release 1");
        await load.StopAsync();
        load.Failures.ShouldBeEmpty($"of {load.Answered} requests");
        load.Answered.ShouldBeGreaterThan(100);
    }

    private Task<CommandResult> RunAsync(params string[] arguments) => Kubectl.RunAsync(["-n", UniqueName, .. arguments]);

    private async Task RolledOutAsync()
    {
        (await RunAsync("rollout", "status", "deployment/web", "--timeout=60s")).Text.ShouldContain("successfully rolled out");
        // An old pod that still ends serves until it has ended, for those who came before.
        await Eventually.PassesAsync(async () => (await PodsAsync()).Count.ShouldBe(3));
    }

    private Task<IReadOnlyList<JsonNode>> PodsAsync() => runtime.Cluster.Api.ListAsync($"/api/v1/namespaces/{UniqueName}/pods");

    private async Task<Uri> ServiceAddressAsync()
    {
        var service = await runtime.Cluster.Api.GetAsync($"/api/v1/namespaces/{UniqueName}/services/web");
        return new Uri($"http://{service["spec"]!["clusterIP"]}:8080/");
    }

    /// <summary>Clients that ask all the time, each time on a new connection, since the proxy chooses a pod per connection.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(10) };
        private readonly List<string> _failures = [];
        private readonly Uri _address;
        private readonly Task _clients;
        private int _answered;

        public Load(Uri address)
        {
            _address = address;
            _clients = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SendAsync()));
        }

        public int Answered => _answered;

        public IReadOnlyList<string> Failures => _failures;

        public async Task<string> NextAnswerAsync() => (await _http.GetStringAsync(_address, Cancelled)).Trim();

        public async Task StopAsync()
        {
            await _ended.CancelAsync();
            await _clients;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _http.Dispose();
            _ended.Dispose();
        }

        private async Task SendAsync()
        {
            while (!_ended.IsCancellationRequested)
            {
                try
                {
                    await _http.GetStringAsync(_address, CancellationToken.None);
                    Interlocked.Increment(ref _answered);
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
                {
                    lock (_failures)
                        _failures.Add(failure.Message);
                }

                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            }
        }
    }

    // The server goes on for a while after it was told to stop, as every server behind a service has to: the endpoints and the proxies
    // learn of its end at the same time as it does.
    private const string Manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 3
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              terminationGracePeriodSeconds: 10
              containers:
              - name: main
                image: registry.invalid/main:1
                command:
                - sh
                - -c
                - |
                  folder=$(mktemp -d)
                  echo "release $RELEASE" > "$folder/index.html"
                  busybox httpd -f -p "$POD_IP:8080" -h "$folder" &
                  trap 'sleep 5; kill $!; rm -r "$folder"; exit 0' TERM
                  wait
                env:
                - {name: RELEASE, value: "1"}
                - name: POD_IP
                  valueFrom:
                    fieldRef:
                      fieldPath: status.podIP
                readinessProbe:
                  httpGet: {port: 8080}
                  periodSeconds: 1
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector: {app: web}
          ports:
          - {port: 8080, targetPort: 8080}
        """;
}
