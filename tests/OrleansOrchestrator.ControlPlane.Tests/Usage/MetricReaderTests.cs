using System.Text;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Tests.Usage;

public sealed class MetricReaderTests
{
    [Fact]
    public async Task Metric_ThatNobodyAnswers_IsAFailureAfterAWhile()
    {
        var time = new FakeTimeProvider();
        var reader = new MetricReader(new ComputedReads([]), BuiltInKinds.Registry, [new HangingAdapter()], new UsageOptions { MetricWithin = TimeSpan.FromSeconds(15) }, time);
        var query = new ExternalMetricQuery("default", "queue", LabelSelector.Everything);

        var asking = reader.AskAsync([query], TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(14));
        asking.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        (await asking)[query].Failure.ShouldBe("no answer within 15s");
    }

    [Fact]
    public async Task UsageOfPods_ThatAnotherServerMeasures_IsItsOwn()
    {
        var server = new MetricsServer("""
            {"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","items":[{"metadata":{"name":"web","namespace":"default"},
             "timestamp":"2026-03-01T12:00:00Z","window":"15s","containers":[{"name":"main","usage":{"cpu":"250m","memory":"64Mi"}}]}]}
            """);
        var reader = new MetricReader(new ComputedReads([]), BuiltInKinds.Registry, [server], new UsageOptions(), TimeProvider.System);
        var query = new PodUsageQuery("default", LabelSelector.Parse("app=web"));

        var answer = (await reader.AskAsync([query], TestContext.Current.CancellationToken))[query];

        answer.Failure.ShouldBeNull();
        answer.Samples.Select(sample => (sample.Name, sample.Container, sample.Resource, sample.MilliValue)).ShouldBe(
            [("web", "main", "cpu", 250), ("web", "main", "memory", 64L * 1024 * 1024 * 1000)]);
        server.Asked.ShouldBe(("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb", "system:serviceaccount:kube-system:horizontal-pod-autoscaler"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"items\":[{}]}")]
    [InlineData("{\"items\":[{\"containers\":[{\"name\":\"c\"}]}]}")]
    [InlineData("{\"items\":[{\"metadata\":{\"name\":\"p\"},\"window\":\"soon\",\"containers\":[{\"usage\":{\"cpu\":\"1\"}}]}]}")]
    [InlineData("{\"items\":[{\"metadata\":{\"name\":\"p\"},\"containers\":[{\"usage\":{\"cpu\":\"one\"}}]}]}")]
    [InlineData("{\"items\":[{\"value\":\"1\",\"windowSeconds\":900000000000000000,\"window\":900000000000000000,\"describedObject\":{\"name\":\"p\"}}]}")]
    [InlineData("nothing")]
    public async Task Metrics_ThatAreNonsense_HarmNothing(string answer)
    {
        var reader = new MetricReader(new ComputedReads([]), BuiltInKinds.Registry, [new MetricsServer(answer)], new UsageOptions(), TimeProvider.System);
        MetricQuery[] queries =
        [
            new PodUsageQuery("default", LabelSelector.Everything),
            new PodsMetricQuery("default", "m", LabelSelector.Everything, LabelSelector.Everything),
            new ExternalMetricQuery("default", "m", LabelSelector.Everything),
        ];

        var answers = await reader.AskAsync(queries, TestContext.Current.CancellationToken);

        answers.Values.ShouldAllBe(one => one.Failure != null || one.Samples.Count == 0);
    }

    private sealed class MetricsServer(string answer) : IAggregatedApis
    {
        public (string Path, string User) Asked { get; private set; }

        public IReadOnlyList<string> VersionsOf(string group) => ["v1beta1"];

        public Task<string?> ProbeAsync(V1APIService api, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, UserInfo user, CancellationToken cancellationToken)
        {
            Asked = (pathAndQuery, user.Name);
            return Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(answer));
        }
    }

    private sealed class HangingAdapter : IAggregatedApis
    {
        public IReadOnlyList<string> VersionsOf(string group) => ["v1beta1"];

        public Task<string?> ProbeAsync(V1APIService api, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, UserInfo user, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }
    }
}
