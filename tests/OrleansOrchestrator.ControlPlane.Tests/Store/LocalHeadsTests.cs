using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class LocalHeadsTests
{
    private static readonly ResourceName Resource = new("pods");
    private readonly FakeTimeProvider _time = new();
    private readonly LocalHeads _heads = new();
    private readonly ReadLease _lease;

    public LocalHeadsTests() => _lease = new ReadLease(TimeSpan.FromSeconds(2), _time, _ => Task.CompletedTask);

    [Fact]
    public void Read_WhileTheLeaseIsHeld_IsTheHead()
    {
        _lease.RenewedAt(_time.GetTimestamp());
        var head = new LocalHead(_lease, 7);
        _heads.Publish(Resource, head);
        _heads.Read(Resource).ShouldBe(7);

        head.MoveTo(9);
        _heads.Read(Resource).ShouldBe(9);
        _heads.Read(new ResourceName("nodes")).ShouldBeNull();
    }

    [Fact]
    public void Read_OnceTheLeaseHasRunOut_LeavesItToTheStore()
    {
        _lease.RenewedAt(_time.GetTimestamp());
        _heads.Publish(Resource, new LocalHead(_lease, 7));

        _time.Advance(TimeSpan.FromSeconds(2));
        _heads.Read(Resource).ShouldBeNull();

        _lease.RenewedAt(_time.GetTimestamp());
        _heads.Read(Resource).ShouldBe(7);
    }

    [Fact]
    public void Read_BeforeTheFirstLease_LeavesItToTheStore()
    {
        _heads.Publish(Resource, new LocalHead(_lease, 7));

        _heads.Read(Resource).ShouldBeNull();
    }

    [Fact]
    public void Withdraw_OfAnEarlierActivation_KeepsTheNewOne()
    {
        _lease.RenewedAt(_time.GetTimestamp());
        var earlier = new LocalHead(_lease, 7);
        _heads.Publish(Resource, earlier);
        _heads.Publish(Resource, new LocalHead(_lease, 8));

        _heads.Withdraw(Resource, earlier);
        _heads.Read(Resource).ShouldBe(8);
    }

    [Fact]
    public void Withdraw_OfTheActivation_LeavesItToTheStore()
    {
        _lease.RenewedAt(_time.GetTimestamp());
        var head = new LocalHead(_lease, 7);
        _heads.Publish(Resource, head);

        _heads.Withdraw(Resource, head);
        _heads.Read(Resource).ShouldBeNull();
    }
}
