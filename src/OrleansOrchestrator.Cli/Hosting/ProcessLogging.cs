using Microsoft.Extensions.Logging.Console;

namespace OrleansOrchestrator.Cli.Hosting;

/// <summary>How the process logs: one line a message, on standard error, so that standard output is the command's own.</summary>
internal static class ProcessLogging
{
    public static void Configure(ILoggingBuilder logging, LogLevel level)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(level);

        // What this would say of each request is in the metrics; being asked to say it costs an activity and a scope per request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (level < LogLevel.Warning)
            return;

        // A silo that dies is everyday business here: what the libraries have to say of it is not for the operator.
        logging.AddFilter("Orleans", LogLevel.Critical);

        // A filter takes in all names that begin like it. What we cannot repair ourselves is for the operator, and so is all that
        // is said of the database.
        logging.AddFilter("OrleansOrchestrator", level > LogLevel.Error ? level : LogLevel.Error);
        logging.AddFilter("OrleansOrchestrator.Storage", level);
        logging.AddFilter("OrleansOrchestrator.ControlPlane.Store.SlowOpenings", level);
        logging.AddFilter("OrleansOrchestrator.ControlPlane.Watch.CacheHealth", level);
        logging.AddFilter("Polly", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
    }
}
