using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>A web service that answers every request with its pod's name.</summary>
internal static class HelloServer
{
    /// <summary>Serves until it is told to stop.</summary>
    public static async Task<int> RunAsync(string address, int port, CancellationToken cancellationToken)
    {
        var name = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(AddressSyntax.Parse(address), port));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.Headers.Connection = "close";
            await context.Response.WriteAsync($"hello from {name}\n", context.RequestAborted);
        });
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"{name} listens on {address}:{port}");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None);
        }

        return ExitCodes.Success;
    }
}
