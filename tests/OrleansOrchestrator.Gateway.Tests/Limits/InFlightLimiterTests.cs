using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Limits;

public sealed class InFlightLimiterTests : IDisposable
{
    private readonly InFlightLimiter _limiter = new(new GatewayOptions { ReadsInFlightPerUserMax = 2, WritesInFlightPerUserMax = 1, RetryAfterSeconds = 3 });

    [Fact]
    public void Enter_BeyondLimit_IsTooManyRequests()
    {
        _limiter.Enter("a", RequestClass.Read);
        _limiter.Enter("a", RequestClass.Read);
        var refused = Should.Throw<ApiException>(() => _limiter.Enter("a", RequestClass.Read));
        refused.Code.ShouldBe(429);
        refused.Status.Details.RetryAfterSeconds.ShouldBe(3);
    }

    [Fact]
    public void Enter_OfOtherUserOrClass_IsCountedApart()
    {
        _limiter.Enter("a", RequestClass.Write);
        Should.NotThrow(() => _limiter.Enter("b", RequestClass.Write));
        Should.NotThrow(() => _limiter.Enter("a", RequestClass.Read));
        Should.Throw<ApiException>(() => _limiter.Enter("a", RequestClass.Write));
    }

    [Fact]
    public void InFlight_CountsReadsAndWritesOfAllUsers_AndNoStreams()
    {
        _limiter.Enter("a", RequestClass.Read);
        _limiter.Enter("b", RequestClass.Read);
        _limiter.Enter("a", RequestClass.Write);
        _limiter.Enter("a", RequestClass.Stream);
        Should.Throw<ApiException>(() => _limiter.Enter("a", RequestClass.Write));
        _limiter.InFlight.ShouldBe((2, 1));

        _limiter.Exit("b", RequestClass.Read);
        _limiter.Exit("a", RequestClass.Write);
        _limiter.Exit("a", RequestClass.Stream);
        _limiter.InFlight.ShouldBe((1, 0));
    }

    public void Dispose() => _limiter.Dispose();

    [Fact]
    public void Exit_OfOne_MakesRoomForOne()
    {
        for (var i = 0; i < 3; i++)
        {
            _limiter.Enter("a", RequestClass.Write);
            _limiter.Exit("a", RequestClass.Write);
        }

        _limiter.Enter("a", RequestClass.Write);
        Should.Throw<ApiException>(() => _limiter.Enter("a", RequestClass.Write));
    }
}
