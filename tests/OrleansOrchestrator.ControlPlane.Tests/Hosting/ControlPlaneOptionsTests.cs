using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class ControlPlaneOptionsTests
{
    [Fact]
    public void AddControlPlane_TimesThatDoNotHoldTogether_AreRefused()
    {
        var options = new ControlPlaneOptions { NodeLifecycle = new NodeLifecycleOptions { Times = new FencingTimes { FencingTime = TimeSpan.FromMinutes(1) } } };
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddControlPlane(options)).Message.ShouldContain("FencingTime + StopTime (62 s), and 3 % more for clocks that drift, must be less than LeaseDuration + DefaultToleration (13 s)");
    }

    [Fact]
    public void AddControlPlane_FaultsOfSeveralOptions_AreToldAtOnce()
    {
        var options = new ControlPlaneOptions { Store = new StoreOptions { CommitRowsMax = 0 }, Controllers = new ControllerOptions { ConcurrencyMax = 0 } };
        var message = Should.Throw<ArgumentException>(() => new ServiceCollection().AddControlPlane(options)).Message;
        message.ShouldContain("CommitRowsMax must be at least 1, but is 0.");
        message.ShouldContain("ConcurrencyMax must be at least 1, but is 0.");
    }
}
