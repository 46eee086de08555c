using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Usage;

public sealed class UsageReaderTests
{
    private static readonly UsageOptions Options = new() { NodesAtOnceMax = 1, AnswerWithin = TimeSpan.FromSeconds(5), MetricWithin = TimeSpan.FromSeconds(15) };

    [Fact]
    public async Task ManySilentNodes_AreLeftOut_InABoundedTime()
    {
        var time = new FakeTimeProvider();
        var silent = new Statistics(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, token);
            throw new InvalidOperationException();
        });
        var reading = Reader(silent, time).ReadAsync(Enumerable.Range(0, 50).Select(i => Node($"n{i}")), TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return reading.IsCompleted;
        });

        (await reading).ShouldBeEmpty();
        silent.Asked.ShouldBeLessThan(50, "nobody waits for the turn of the others any more");
    }

    [Fact]
    public async Task Nodes_ThatAnswer_AreAskedOneAfterTheOther()
    {
        var statistics = new Statistics(static async (node, _) =>
        {
            await Task.Yield();
            return new StatsSummary(new NodeStats(node.Metadata.Name, null, null), []);
        });
        (await Reader(statistics, new FakeTimeProvider()).ReadAsync(Enumerable.Range(0, 50).Select(i => Node($"n{i}")), TestContext.Current.CancellationToken)).Count.ShouldBe(50);
        statistics.AtOnceMax.ShouldBe(1);
    }

    private static UsageReader Reader(INodeStatistics statistics, TimeProvider time) => new([statistics], Options, time, NullLogger<UsageReader>.Instance);

    private static V1Node Node(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = name },
        Status = new V1NodeStatus { Conditions = [new V1NodeCondition { Type = "Ready", Status = "True" }] },
    };

    private sealed class Statistics(Func<V1Node, CancellationToken, Task<StatsSummary>> answer) : INodeStatistics
    {
        private int _asked;
        private int _atOnce;

        public int Asked => Volatile.Read(ref _asked);

        public int AtOnceMax { get; private set; }

        public async Task<StatsSummary> ReadAsync(V1Node node, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            AtOnceMax = Math.Max(AtOnceMax, Interlocked.Increment(ref _atOnce));
            try
            {
                return await answer(node, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _atOnce);
            }
        }
    }
}
