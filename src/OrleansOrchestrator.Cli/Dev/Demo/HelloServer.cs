using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>A web service that answers every request with its pod's name, and with its release if it has one.</summary>
internal static class HelloServer
{
    // The time until the service's endpoints no longer include the pod, so that proxies send it no new connections.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1.5);

    /// <summary>Serves until it is asked to stop, and then for the drain time, because more requests still arrive.</summary>
    public static async Task<int> RunAsync(string address, int port, CancellationToken cancellationToken)
    {
        var name = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName;
        var release = Environment.GetEnvironmentVariable("RELEASE") is { Length: > 0 } text ? $", release {text}" : "";
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(AddressSyntax.Parse(address), port));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.Headers.Connection = "close";
            await context.Response.WriteAsync($"hello from {name}{release}\n", context.RequestAborted);
        });
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"{name} listens on {address}:{port}");
        try
        {
            using var told = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
            await Task.Delay(Timeout.Infinite, told.Token);
        }
        catch (OperationCanceledException)
        {
            await Task.Delay(DrainTime, TimeProvider.System, CancellationToken.None);
            await app.StopAsync(CancellationToken.None);
        }

        return ExitCodes.Success;
    }
}
