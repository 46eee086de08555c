using OrleansOrchestrator.ControlPlane.Memory;

namespace OrleansOrchestrator.ControlPlane.Tests.Memory;

public sealed class IdleTrimTests
{
    private readonly IdleTrim _idle = new();
    private long _allocated;

    [Fact]
    public void Look_RestAfterWork_TrimsOnce()
    {
        Period(IdleTrim.WorkBytesMin).ShouldBeFalse();
        for (var i = 1; i < IdleTrim.RestPeriods; i++)
            Period(0).ShouldBeFalse();

        Period(0).ShouldBeTrue();

        for (var i = 0; i < 100; i++)
            Period(0).ShouldBeFalse();
    }

    [Fact]
    public void Look_WorkGoesOn_NeverTrims()
    {
        for (var i = 0; i < 100; i++)
            Period(IdleTrim.RestBytesMax + 1).ShouldBeFalse();
    }

    [Fact]
    public void Look_WorkComesBackTooSoon_WaitsForAWholeRest()
    {
        Period(IdleTrim.WorkBytesMin);
        Period(0);
        Period(IdleTrim.RestBytesMax + 1).ShouldBeFalse();
        for (var i = 1; i < IdleTrim.RestPeriods; i++)
            Period(0).ShouldBeFalse();

        Period(0).ShouldBeTrue();
    }

    [Fact]
    public void Look_NeverMuchWork_DoesNotTrim()
    {
        for (var i = 0; i < 5; i++)
            Period(IdleTrim.RestBytesMax / 5).ShouldBeFalse();
    }

    private bool Period(long allocates) => _idle.Look(_allocated += allocates);
}
