using CsCheck;
using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.Autoscaling;

public sealed class ScalingHistoryTests
{
    /// <summary>Against all recommendations: none is forgotten too soon, or held for more than a sixtieth of the window longer.</summary>
    [Fact]
    public void Recommend_AnyRecommendationsOfALongWindow_IsBoundedAndHoldsEachForItsTime() =>
        Gen.Select(Gen.Int[60, 3600], Gen.Int[0, 1000].Array[1, 600]).Sample((windowSeconds, values) =>
        {
            var window = TimeSpan.FromSeconds(windowSeconds);
            var history = new ScalingHistory();
            var all = new List<(int Replicas, DateTimeOffset At)>();
            for (var i = 0; i < values.Length; i++)
            {
                var now = ClusterModel.Start.AddSeconds(15 * i);
                history = history.Recommend(values[i], now, window);
                all.Add((values[i], now));

                history.Recommendations.Count.ShouldBeLessThanOrEqualTo(124);
                List<int> Within(TimeSpan age) => [.. all.Where(one => now - one.At < age).Select(one => one.Replicas)];
                var longer = Within(window + (window / 60));
                history.Highest(0, now, window).ShouldBeInRange(Within(window).Max(), longer.Max());
                history.Lowest(int.MaxValue, now, window).ShouldBeInRange(longer.Min(), Within(window).Min());
            }
        }, iter: 100);
}
