using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ContainerStatesTests
{
    [Fact]
    public async Task Containers_AtRest_AreListedEveryTenSecondsAndAtOnceWhenOneHasEnded()
    {
        var time = new FakeTimeProvider();
        var (lists, looks, isAtRest) = (0, 0, false);
        var states = new ContainerStates("The engine", _ => List(), _ => { }, Look, time, NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = states.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => lists == 1);

        isAtRest = true;
        await PassAsync(9);
        lists.ShouldBe(1);
        await PassAsync(1);
        await Eventually.IsAsync(() => lists, 2);
        isAtRest = false;
        await PassAsync(1);
        await Eventually.IsAsync(() => lists, 3);

        await stop.CancelAsync();
        await running;

        async Task PassAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                var before = looks;
                await Eventually.HoldsAsync(() =>
                {
                    if (looks == before)
                        time.Advance(TimeSpan.FromSeconds(1));
                    return looks > before;
                }, "it looks again");
            }
        }

        Task<IEnumerable<ContainerState>> List()
        {
            lists++;
            return Task.FromResult<IEnumerable<ContainerState>>([]);
        }

        bool Look()
        {
            looks++;
            return isAtRest;
        }
    }
}
