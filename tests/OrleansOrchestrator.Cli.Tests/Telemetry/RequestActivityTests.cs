using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Cli.Processes;

namespace OrleansOrchestrator.Cli.Tests.Telemetry;

/// <summary>ASP.NET Core makes an activity of each request that it may log, also while nobody listens to activities.</summary>
public sealed class RequestActivityTests
{
    [Theory]
    [InlineData(LogLevel.Trace)]
    [InlineData(LogLevel.Warning)]
    public void Logging_OfAnyLevel_HasNoLogForWhichRequestsWouldBecomeActivities(LogLevel level)
    {
        using var services = new ServiceCollection().AddLogging(logging => ProcessLogging.Configure(logging, level, static () => false)).BuildServiceProvider();
        var loggers = services.GetRequiredService<ILoggerFactory>();

        loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical).ShouldBeFalse();
        loggers.CreateLogger("Microsoft.AspNetCore.Hosting").IsEnabled(LogLevel.Critical).ShouldBeTrue();
    }
}
