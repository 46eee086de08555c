using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Controllers.Relations;
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

    private sealed class HangingAdapter : IAggregatedApis
    {
        public ValueTask<IReadOnlyList<string>> FindVersionsAsync(string group, CancellationToken cancellationToken) => new(["v1beta1"]);

        public async Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }
    }
}
